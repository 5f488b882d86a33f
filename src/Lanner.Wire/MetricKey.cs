using System.Buffers;
using System.Text;

namespace Lanner.Wire;

/// <summary>What a series of a Python process counts.</summary>
public sealed record MetricKey
{
    private static readonly SearchValues<char> s_nameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");

    /// <summary>The metric's name, which never begins with <c>lanner_</c>: those are the server's own.</summary>
    public required string Name { get; init; }

    /// <summary><c>counter</c>, <c>gauge</c>, <c>histogram</c> or <c>summary</c>.</summary>
    public required string Type { get; init; }

    /// <summary>What several processes make together: <c>sum</c>, <c>max</c>, <c>min</c>, <c>last</c>, or <c>each</c> for itself.</summary>
    public required string Mode { get; init; }

    /// <summary>Of a histogram or summary <c>_bucket</c> (not cumulative), <c>_sum</c> or <c>_count</c>; else empty.</summary>
    public required string Suffix { get; init; }

    public required IReadOnlyList<string> LabelNames { get; init; }

    /// <summary>As many as names.</summary>
    public required IReadOnlyList<string> LabelValues { get; init; }

    /// <summary>What the metric is, in the app's words.</summary>
    public required string Help { get; init; }

    /// <summary>Whether what a process has counted outlives it.</summary>
    public bool IsKept => Type != "gauge";

    /// <summary>The same for the same series of all processes.</summary>
    public string Identity => field ??= MakeIdentity();

    /// <summary>Reads what <c>metrics.py</c> has marshalled; null when it is well formed but nothing that can be shown.</summary>
    /// <exception cref="WireException">It is not well formed.</exception>
    internal static MetricKey? TryParse(ReadOnlySpan<byte> marshalled)
    {
        if (new MarshalReader(marshalled).Value() is not List<object?> parts
            || parts is not [string name, string type, string mode, string suffix, List<object?> names, List<object?> values, string help]
            || !names.TrueForAll(static one => one is string) || !values.TrueForAll(static one => one is string))
            throw new WireException("the key of a series has not its seven parts");
        var key = new MetricKey
        {
            Name = name,
            Type = type,
            Mode = mode,
            Suffix = suffix,
            LabelNames = [.. names.Cast<string>()],
            LabelValues = [.. values.Cast<string>()],
            Help = help,
        };
        return key.CanBeShown ? key : null;
    }

    private bool CanBeShown =>
        IsName(Name) && !Name.StartsWith("lanner_", StringComparison.Ordinal)
        && Mode is "sum" or "max" or "min" or "last" or "each"
        && (Type, Suffix) is ("counter" or "gauge", "") or ("histogram", "_bucket" or "_sum") or ("summary", "_sum" or "_count")
        && LabelNames.Count == LabelValues.Count && LabelNames.All(static label => IsName(label) && !label.Contains(':', StringComparison.Ordinal))
        && (Suffix == "_bucket") == (LabelNames is [.., "le"]) && LabelNames.Distinct(StringComparer.Ordinal).Count() == LabelNames.Count;

    private static bool IsName(string name) => name.Length is > 0 and <= 200 && !char.IsAsciiDigit(name[0]) && !name.AsSpan().ContainsAnyExcept(s_nameCharacters);

    private string MakeIdentity()
    {
        var text = new StringBuilder(Name).Append('\0').Append(Type).Append('\0').Append(Mode).Append('\0').Append(Suffix);
        for (int i = 0; i < LabelNames.Count; i++)
            text.Append('\0').Append(LabelNames[i]).Append('\0').Append(LabelValues[i].Replace("\0", "\0\0", StringComparison.Ordinal));
        return text.ToString();
    }
}
