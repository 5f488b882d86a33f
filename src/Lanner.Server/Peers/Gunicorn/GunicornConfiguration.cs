using System.Text.Json;
using System.Text.Json.Nodes;
using Lanner.Server.Configuration;
using Lanner.Supervision;

namespace Lanner.Server.Peers.Gunicorn;

/// <summary>
/// What Gunicorn's command line, configuration file and environment say together, as Python has read it: the file is
/// Python, and so is everything that may stand in it.
/// </summary>
internal sealed class GunicornConfiguration
{
    private readonly JsonObject _settings;
    private readonly JsonObject _given;

    private GunicornConfiguration(JsonObject answer)
    {
        _settings = answer["settings"]!.AsObject();
        _given = answer["given"]!.AsObject();
        App = (string?)answer["app"];
        Hooks = [.. Texts(answer["hooks"])];
        Addresses = [.. Texts(answer["addresses"])];
        Printed = (string?)answer["printed"];
    }

    /// <summary>APP_MODULE, or null.</summary>
    public string? App { get; }

    /// <summary>The names of the hooks that are defined, in Gunicorn's order.</summary>
    public IReadOnlyList<string> Hooks { get; }

    /// <summary>Where to listen, as Lanner writes addresses.</summary>
    public IReadOnlyList<string> Addresses { get; }

    /// <summary>All settings for people to read, when that was asked for.</summary>
    public string? Printed { get; }

    /// <summary>Asks Python.</summary>
    /// <param name="python">The app's interpreter.</param>
    /// <param name="pythonDirectory">Where our package is.</param>
    /// <param name="arguments">Gunicorn's command line, without the program.</param>
    /// <exception cref="PeerRefusal">It cannot be taken.</exception>
    /// <exception cref="HelpWanted">It asks for a text.</exception>
    public static GunicornConfiguration Read(string python, string pythonDirectory, IReadOnlyList<string> arguments)
    {
        try
        {
            (string? answer, string reason) = PythonScript.Run(python, pythonDirectory, ["gunicorn", .. arguments]);
            return Parse(answer ?? throw new PeerRefusal($"{python} could not read Gunicorn's configuration: {reason}"));
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new PeerRefusal($"the interpreter could not be started: {e.Message}");
        }
    }

    /// <summary>Takes Python's answer.</summary>
    public static GunicornConfiguration Parse(string json)
    {
        JsonObject answer = JsonNode.Parse(json)!.AsObject();
        if ((string?)answer["problem"] is { } problem) throw new PeerRefusal(problem, (string?)answer["traceback"] ?? "");
        if ((string?)answer["help"] is { } help) throw new HelpWanted(help);
        return new GunicornConfiguration(answer);
    }

    /// <summary>Where a setting was given: "command line", "$PORT" …; null when it was left to its default.</summary>
    public string? OriginOf(string name) => (string?)_given[name];

    public bool IsGiven(string name) => _given.ContainsKey(name);

    public string? Text(string name) => _settings[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    /// <summary>A number; 0 where there is none.</summary>
    public long Number(string name) => _settings[name] is JsonValue value && value.TryGetValue(out long number) ? number : 0;

    public bool Flag(string name) => _settings[name] is JsonValue value && value.TryGetValue(out bool flag) && flag;

    public IEnumerable<string> List(string name) => Texts(_settings[name]);

    /// <summary>A table of texts.</summary>
    public IEnumerable<KeyValuePair<string, string>> Table(string name) =>
        _settings[name] is JsonObject table ? table.Select(static entry => KeyValuePair.Create(entry.Key, entry.Value?.ToString() ?? "")) : [];

    private static IEnumerable<string> Texts(JsonNode? list) =>
        list is JsonArray items ? items.Select(static item => item?.ToString() ?? "") : [];
}

/// <summary>The command line asks for a text, not for a server.</summary>
internal sealed class HelpWanted(string text) : Exception(text);
