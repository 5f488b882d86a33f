namespace Lanner.Server.Configuration.Values;

/// <summary>What came of reading one value: the value, or the problem as the end of a sentence ("must be …").</summary>
internal readonly record struct Reading<T>
{
    public T? Value { get; private init; }

    public string? Problem { get; private init; }

    public static Reading<T> Good(T value) => new() { Value = value };

    public static Reading<T> Bad(string problem) => new() { Problem = problem };
}

/// <summary>
/// One kind of setting value: how it is read from the file and from the command line, and how it is shown. Both ways
/// of writing a value meet here, so a size or an address means the same in both places. Relative paths are resolved
/// against the base directory given with each value: that of the file, or the current one for the command line.
/// </summary>
internal abstract class ValueKind<T>
{
    /// <summary>The kind in the reference of settings, for example "duration".</summary>
    public abstract string Type { get; }

    /// <summary>What is wanted, with an example, as it follows "must be".</summary>
    public abstract string Expected { get; }

    public virtual Reading<T> Read(TomlValue value, string baseDirectory) =>
        value.Content is string text ? Parse(text, baseDirectory) : Wrong(value);

    /// <summary>Reads all texts that the command line gave for the option.</summary>
    public virtual Reading<T> ParseAll(IReadOnlyList<string> texts, string baseDirectory) =>
        texts is [var only] ? Parse(only, baseDirectory) : Reading<T>.Bad("may be given only once");

    public abstract Reading<T> Parse(string text, string baseDirectory);

    /// <summary>The value as it would be written in the file.</summary>
    public abstract string Show(T value);

    protected Reading<T> Wrong(TomlValue value) => Reading<T>.Bad($"must be {Expected}, not {value.Describe()}");

    protected Reading<T> Wrong(string text) => Reading<T>.Bad($"must be {Expected}, not \"{text}\"");
}
