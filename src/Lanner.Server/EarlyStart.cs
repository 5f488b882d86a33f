using Lanner.Server.Configuration;
using Lanner.Server.Configuration.Values;
using Lanner.Supervision;

namespace Lanner.Server;

/// <summary>
/// Starts the interpreter that the app most likely needs as the first thing that the program does: booting it takes as long as reading the
/// settings, and both are done at once. It is a guess at what the settings will say, and nothing depends on its being right.
/// </summary>
internal static class EarlyStart
{
    /// <summary>The process; null when the command serves nothing, or has no such interpreter.</summary>
    public static EarlyPython? Begin(string[] arguments)
    {
        if (arguments is not ["serve", ..] || arguments.Any(static argument => argument is "--help" or "-h" or "-?"))
            return null;
        var interpreter = new PythonInterpreter(Environment.GetEnvironmentVariable);
        Reading<string> found = (Said("--python", arguments) ?? InFile(arguments)) is { } python ? interpreter.Resolve(python) : interpreter.FindDefault();
        return found.Problem is null ? EarlyPython.Start(found.Value!, ServerHost.PythonDirectory) : null;
    }

    private static string? Said(string option, string[] arguments)
    {
        int at = Array.FindLastIndex(arguments, argument => argument == option || argument.StartsWith($"{option}=", StringComparison.Ordinal));
        return at < 0 ? null
            : arguments[at].Length > option.Length ? arguments[at][(option.Length + 1)..]
            : at + 1 < arguments.Length ? arguments[at + 1] : null;
    }

    /// <summary>What the first line of the settings file says that says something of it.</summary>
    private static string? InFile(string[] arguments)
    {
        string home = Said("--directory", arguments) ?? (arguments is [_, var app, ..] && Directory.Exists(app) ? app : ".");
        string path = Said("--config", arguments) ?? Path.Combine(home, "lanner.toml");
        if (!File.Exists(path))
            return null;
        try
        {
            foreach (string line in File.ReadLines(path))
            {
                string[] parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
                if (parts is ["python", ['"' or '\'', ..] value] && value.IndexOf(value[0], 1) is var end and > 1)
                    return new InterpreterKind().Parse(value[1..end], Path.GetDirectoryName(Path.GetFullPath(path))!).Value;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever reads the settings says so.
        }
        return null;
    }
}
