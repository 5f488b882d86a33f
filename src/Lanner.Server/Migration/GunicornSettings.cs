using System.Globalization;
using System.Text.Json;

namespace Lanner.Server.Migration;

/// <summary>
/// What Gunicorn's settings are given, by name, and which of them nobody can know without running the file. Gunicorn takes
/// numbers and lists as texts too.
/// </summary>
internal sealed class GunicornSettings
{
    private readonly Dictionary<string, Given> _given = new(StringComparer.Ordinal);

    private readonly Dictionary<string, (string Option, string Why)> _lost = new(StringComparer.Ordinal);

    private sealed record Given(JsonElement Value, string Option, string Place, IReadOnlyList<string> Depends);

    /// <summary>All that are given, with the option that gives them. A value that only matters by being given may be undefined.</summary>
    public IEnumerable<(string Name, string Option, JsonElement Value)> All => _given.Select(static entry => (entry.Key, entry.Value.Option, entry.Value.Value));

    /// <summary>Those that are lost, with the reason.</summary>
    public IEnumerable<(string Name, string Option, string Why)> Lost => _lost.Select(static entry => (entry.Key, entry.Value.Option, entry.Value.Why));

    /// <summary>Those whose values hold only where things are as here.</summary>
    public IEnumerable<(string Name, string Option, IReadOnlyList<string> Depends)> Assumed =>
        _given.Where(static entry => entry.Value.Depends.Count > 0).Select(static entry => (entry.Key, entry.Value.Option, entry.Value.Depends));

    /// <summary>The last value counts.</summary>
    public void Give(string name, JsonElement value, string option, string place = "", IReadOnlyList<string>? depends = null)
    {
        _given[name] = new Given(value, option, place, depends ?? []);
        _lost.Remove(name);
    }

    public void Lose(string name, string option, string why)
    {
        _given.Remove(name);
        _lost[name] = (option, why);
    }

    /// <summary>Whether it has this value was decided by what is not known here.</summary>
    public void Assume(string name, IReadOnlyList<string> depends)
    {
        if (_given.TryGetValue(name, out var given)) _given[name] = given with { Depends = [.. given.Depends.Union(depends)] };
    }

    public bool IsGiven(string name) => _given.ContainsKey(name);

    public bool IsLost(string name) => _lost.ContainsKey(name);

    public string Option(string name) => _given.TryGetValue(name, out var given) ? given.Option : name;

    /// <summary>What to write beside the value.</summary>
    public string? Comment(string name) => _given.TryGetValue(name, out var given) ? Assumption.Comment(given.Place, given.Depends) : null;

    public string? Text(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.String) return value.GetString();
        if (value.ValueKind is JsonValueKind.Number) return value.GetRawText();
        Lose(name, Option(name), "it is no text");
        return null;
    }

    public string[] Texts(string name, bool split = true)
    {
        if (Find(name) is not { } value) return [];
        if (value.ValueKind is JsonValueKind.String)
            return split ? value.GetString()!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [value.GetString()!];
        if (value.ValueKind is JsonValueKind.Array && value.EnumerateArray().All(static item => item.ValueKind is JsonValueKind.String))
            return [.. value.EnumerateArray().Select(static item => item.GetString()!)];
        Lose(name, Option(name), "it is neither a text nor a list of texts");
        return [];
    }

    public long? Number(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.Number) return value.TryGetInt64(out var whole) ? whole : (long)value.GetDouble();
        if (value.ValueKind is JsonValueKind.String && long.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)) return parsed;
        Lose(name, Option(name), "it is no number");
        return null;
    }

    public bool? Flag(string name)
    {
        if (Find(name) is not { } value) return null;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.String => value.GetString()!.ToLowerInvariant() is "true" or "1" or "yes",
            JsonValueKind.Number => value.GetDouble() != 0,
            _ => false,
        };
    }

    private JsonElement? Find(string name) =>
        _given.TryGetValue(name, out var given) && given.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? given.Value : null;
}
