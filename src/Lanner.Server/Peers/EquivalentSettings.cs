using Lanner.Server.Configuration;

namespace Lanner.Server.Peers;

/// <summary>
/// The settings file that says what another server's configuration says. Each line remembers which of the other's
/// settings it stands for: that is what the user knows, and what a complaint names.
/// </summary>
internal sealed class EquivalentSettings(string appName)
{
    private readonly List<(string Key, string Value, string Origin)> _server = [];
    private readonly List<(string Key, string Value, string Origin)> _app = [];

    /// <summary>Adds a key of <c>[server]</c>.</summary>
    public void Server(string key, string value, string origin) => _server.Add((key, value, origin));

    /// <summary>Adds a key of the app.</summary>
    public void App(string key, string value, string origin) => _app.Add((key, value, origin));

    /// <summary>The text of the file.</summary>
    public string ToToml() => string.Concat(Lines().Select(static line => line.Text + "\n"));

    /// <summary>The file, as if it had been read; paths are relative to <paramref name="directory"/>.</summary>
    public SettingsFile ToFile(string directory)
    {
        string[] origins = [.. Lines().Select(static line => line.Origin)];
        return SettingsFile.Of(TomlReader.ReadOwn(ToToml()), directory, line => line <= origins.Length ? origins[line - 1] : "");
    }

    private IEnumerable<(string Text, string Origin)> Lines()
    {
        yield return ("[server]", "");
        foreach (var (key, value, origin) in _server) yield return ($"{key} = {value}", origin);
        yield return ("", "");
        yield return ($"[app.{appName}]", "");
        foreach (var (key, value, origin) in _app) yield return ($"{key} = {value}", origin);
    }
}
