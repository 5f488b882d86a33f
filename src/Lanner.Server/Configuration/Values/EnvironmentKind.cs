namespace Lanner.Server.Configuration.Values;

/// <summary>Environment variables: a table of texts; on the command line <c>K=V</c>, repeated.</summary>
internal sealed class EnvironmentKind : ValueKind<IReadOnlyDictionary<string, string>>
{
    public override string Type => "table of texts";

    public override string Expected => "a table of texts such as { MODE = \"production\" }";

    public override Reading<IReadOnlyDictionary<string, string>> Read(TomlValue value, string baseDirectory)
    {
        if (value.Content is not TomlTable table) return Wrong(value);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in table)
        {
            if (entry.Value.Content is not string text)
                return Reading<IReadOnlyDictionary<string, string>>.Bad($"must be {Expected}, but {entry.Key} is {entry.Value.Describe()}: put it in quotes");
            if (Refusal(entry.Key, text) is { } refusal) return Reading<IReadOnlyDictionary<string, string>>.Bad(refusal);
            variables[entry.Key] = text;
        }
        return Reading<IReadOnlyDictionary<string, string>>.Good(variables);
    }

    public override Reading<IReadOnlyDictionary<string, string>> Parse(string text, string baseDirectory) => ParseAll([text], baseDirectory);

    public override Reading<IReadOnlyDictionary<string, string>> ParseAll(IReadOnlyList<string> texts, string baseDirectory)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            if (text.Split('=', 2) is not [var name, var value]) return Reading<IReadOnlyDictionary<string, string>>.Bad($"must be NAME=VALUE, not \"{text}\"");
            if (Refusal(name, value) is { } refusal) return Reading<IReadOnlyDictionary<string, string>>.Bad(refusal);
            variables[name] = value;
        }
        return Reading<IReadOnlyDictionary<string, string>>.Good(variables);
    }

    public override string Show(IReadOnlyDictionary<string, string> value) =>
        value.Count == 0 ? "{}" : $"{{ {string.Join(", ", value.Select(static pair => $"{pair.Key} = \"{pair.Value}\""))} }}";

    private static string? Refusal(string name, string value) =>
        name.Length == 0 || name.AsSpan().IndexOfAny('=', '\0') >= 0 || value.Contains('\0', StringComparison.Ordinal)
            ? $"must hold names and values that an environment can hold, but \"{name}\" is none"
            : null;
}
