namespace Lanner.Server.Configuration.Values;

/// <summary>What a job's function is given, as JSON.</summary>
internal sealed class JobArgumentsKind : ValueKind<string?>
{
    public override string Type => "list or table";

    public override string Expected => "a list such as [1, \"two\"] or a table such as { days = 7 }";

    public override Reading<string?> Read(TomlValue value, string baseDirectory)
    {
        if (value.Content is not (IReadOnlyList<TomlValue> or TomlTable)) return Wrong(value);
        string? problem = null;
        var json = LiveSettingsKind.Node(value, "", ref problem);
        return problem is null ? Reading<string?>.Good(json!.ToJsonString()) : Reading<string?>.Bad(problem);
    }

    public override Reading<string?> Parse(string text, string baseDirectory) => Wrong(text);

    public override string Show(string? value) => value ?? "[]";
}
