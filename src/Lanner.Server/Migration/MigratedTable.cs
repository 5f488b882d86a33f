using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>
/// The settings of one table of the new file. Each value is read as the loader would read it, so nothing is printed
/// that would be refused later; what equals the default is left out; the order is that of the declarations.
/// </summary>
internal sealed class MigratedTable<TRecord>(IReadOnlyList<Setting<TRecord>> settings, TRecord defaults)
{
    private readonly Dictionary<string, (string Text, string? Comment)> _values = new(StringComparer.Ordinal);

    private readonly Dictionary<string, List<string>> _lost = new(StringComparer.Ordinal);

    public bool IsEmpty => _values.Count == 0 && _lost.Count == 0;

    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>The value as TOML, or null.</summary>
    public string? this[string key] => _values.TryGetValue(key, out var value) ? value.Text : null;

    /// <summary>Takes a value written as TOML; returns the loader's complaint, or null.</summary>
    public string? Set(string key, string text, string? comment = null)
    {
        var setting = settings.Single(setting => setting.Name == key);
        var reading = setting.Apply(defaults, TomlReader.ReadValue(text), "/");
        if (reading.Problem is { } problem) return $"{key} {problem}";
        _values.Remove(key);
        // A default that depends on the machine is never the same, and a comment has something to say of any value.
        if (comment is not null || setting.DefaultText is not null || setting.ShowDefault(reading.Value!) != setting.ShowDefault(defaults)) _values[key] = (text, comment);
        return null;
    }

    /// <summary>A line with TODO takes the place of the value.</summary>
    public void Lose(string key, string todo)
    {
        _values.Remove(key);
        if (!_lost.TryGetValue(key, out var lines)) _lost[key] = lines = [];
        lines.Add(todo);
    }

    public IEnumerable<string> Lines()
    {
        foreach (var setting in settings)
        {
            foreach (var todo in _lost.GetValueOrDefault(setting.Name) ?? []) yield return $"# TODO {setting.Name}: {TomlText.Comment(todo)}";
            if (_values.TryGetValue(setting.Name, out var value))
                yield return $"{setting.Name} = {value.Text}{(value.Comment is null ? "" : $"  # {TomlText.Comment(value.Comment)}")}";
        }
    }
}
