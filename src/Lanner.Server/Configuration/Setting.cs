using Lanner.Server.Configuration.Values;

namespace Lanner.Server.Configuration;

/// <summary>How a setting is given on the command line.</summary>
internal sealed record OptionForm(string Name, string Placeholder)
{
    public string? Alias { get; init; }

    /// <summary>An option without a value: what it means when given.</summary>
    public string? FlagValue { get; init; }

    /// <summary>What the option says where that is not the setting's own meaning.</summary>
    public string? Meaning { get; init; }

    /// <summary>Whether it speaks of every app of a file that has several: of each that does not say otherwise.</summary>
    public bool IsForEveryApp { get; init; }
}

/// <summary>
/// The one declaration of a setting: its key in the file, its option, its kind, its default, its meaning and the
/// property of <typeparamref name="TRecord"/> that holds it. Reading, help, the reference page and the nearest right
/// name all come from here.
/// </summary>
internal abstract record Setting<TRecord>(string Name, string Meaning)
{
    public OptionForm? Option { get; init; }

    /// <summary>Shown in place of the property's default where that depends on the machine.</summary>
    public string? DefaultText { get; init; }

    /// <summary>Whether its value is not shown where settings are.</summary>
    public bool IsSecret { get; init; }

    public abstract string Type { get; }

    /// <summary>False for a setting of the public contract that this version does not have yet.</summary>
    public virtual bool IsAvailable => true;

    /// <summary>The default as it would be written in the file.</summary>
    public abstract string ShowDefault(TRecord defaults);

    /// <summary>The value as it would be written in the file.</summary>
    public abstract string Show(TRecord record);

    /// <summary>Reads a value of the file into a new record.</summary>
    public abstract Reading<TRecord> Apply(TRecord record, TomlValue value, string baseDirectory);

    /// <summary>Reads what the command line gave into a new record.</summary>
    public abstract Reading<TRecord> Apply(TRecord record, IReadOnlyList<string> texts, string baseDirectory);
}

/// <summary>A setting that this version has.</summary>
internal sealed record Setting<TRecord, T>(
    string Name,
    ValueKind<T> Kind,
    Func<TRecord, T> Get,
    Func<TRecord, T, TRecord> Set,
    string Meaning) : Setting<TRecord>(Name, Meaning)
{
    public override string Type => Kind.Type;

    public override string ShowDefault(TRecord defaults) => DefaultText ?? Kind.Show(Get(defaults));

    public override string Show(TRecord record) => Get(record) is { } value ? Kind.Show(value) : "none";

    public override Reading<TRecord> Apply(TRecord record, TomlValue value, string baseDirectory) =>
        Applied(record, Kind.Read(value, baseDirectory));

    public override Reading<TRecord> Apply(TRecord record, IReadOnlyList<string> texts, string baseDirectory) =>
        Applied(record, Kind.ParseAll(texts, baseDirectory));

    private Reading<TRecord> Applied(TRecord record, Reading<T> reading) =>
        reading.Problem is { } problem ? Reading<TRecord>.Bad(problem) : Reading<TRecord>.Good(Set(record, reading.Value!));
}

/// <summary>A setting of the public contract that this version refuses, rather than ignoring it silently.</summary>
internal sealed record LaterSetting<TRecord>(string Name, string Meaning) : Setting<TRecord>(Name, Meaning)
{
    public const string Refusal = "is not available in this version yet";

    public override string Type => "";

    public override bool IsAvailable => false;

    public override string ShowDefault(TRecord defaults) => "";

    public override string Show(TRecord record) => "";

    public override Reading<TRecord> Apply(TRecord record, TomlValue value, string baseDirectory) => Reading<TRecord>.Bad(Refusal);

    public override Reading<TRecord> Apply(TRecord record, IReadOnlyList<string> texts, string baseDirectory) => Reading<TRecord>.Bad(Refusal);
}
