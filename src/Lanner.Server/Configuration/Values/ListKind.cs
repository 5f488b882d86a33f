namespace Lanner.Server.Configuration.Values;

/// <summary>One or more values of a kind: a list, or one value alone; on the command line the option repeated.</summary>
internal sealed class ListKind<T>(ValueKind<T> element) : ValueKind<IReadOnlyList<T>>
{
    public override string Type => $"{element.Type}, or a list of them";

    public override string Expected => $"{element.Expected}, or a list of them";

    public override Reading<IReadOnlyList<T>> Read(TomlValue value, string baseDirectory) => value.Content switch
    {
        IReadOnlyList<TomlValue> { Count: 0 } => Reading<IReadOnlyList<T>>.Bad("must not be an empty list: leave the key out for its default"),
        IReadOnlyList<TomlValue> list => Gather(list.Select(item => element.Read(item, baseDirectory))),
        TomlTable => Wrong(value),
        _ => Gather([element.Read(value, baseDirectory)]),
    };

    public override Reading<IReadOnlyList<T>> ParseAll(IReadOnlyList<string> texts, string baseDirectory) =>
        Gather(texts.Select(text => element.Parse(text, baseDirectory)));

    public override Reading<IReadOnlyList<T>> Parse(string text, string baseDirectory) => ParseAll([text], baseDirectory);

    public override string Show(IReadOnlyList<T> value) => $"[{string.Join(", ", value.Select(element.Show))}]";

    private static Reading<IReadOnlyList<T>> Gather(IEnumerable<Reading<T>> readings)
    {
        var values = new List<T>();
        foreach (var reading in readings)
        {
            if (reading.Problem is { } problem) return Reading<IReadOnlyList<T>>.Bad(problem);
            values.Add(reading.Value!);
        }
        return Reading<IReadOnlyList<T>>.Good(values);
    }
}
