using Lanner.Server.Configuration.Values;

namespace Lanner.Server.Configuration;

/// <summary>
/// Finds the interpreter that a setting or the environment means. Symbolic links are kept: a virtual environment is
/// recognised by the path it was started from. The version is not asked here; a worker says itself when it is too old.
/// </summary>
internal sealed class PythonInterpreter(Func<string, string?> environment)
{
    private static readonly string[] Programs = ["bin/python3", "bin/python"];

    /// <summary>What <c>python</c> says: a path of an interpreter or virtual environment, or a bare name on PATH.</summary>
    public Reading<string> Resolve(string python)
    {
        if (!python.Contains('/', StringComparison.Ordinal))
            return OnPath(python) is { } found
                ? Reading<string>.Good(found)
                : Reading<string>.Bad($"No Python found: there is no program '{python}' on PATH");
        if (Directory.Exists(python))
            return InVirtualEnvironment(python) is { } inside
                ? Reading<string>.Good(inside)
                : Reading<string>.Bad($"No Python found: the directory {python} holds no bin/python3, so it is no virtual environment");
        if (!File.Exists(python)) return Reading<string>.Bad($"No Python found: {python} does not exist");
        return IsProgram(python)
            ? Reading<string>.Good(Path.GetFullPath(python))
            : Reading<string>.Bad($"No Python found: {python} is not executable");
    }

    /// <summary>The default: the active virtual environment, then <c>python3</c>.</summary>
    public Reading<string> FindDefault()
    {
        if (environment("VIRTUAL_ENV") is { Length: > 0 } active)
            return InVirtualEnvironment(active) is { } inside
                ? Reading<string>.Good(inside)
                : Reading<string>.Bad($"No Python found: $VIRTUAL_ENV is {active}, which holds no bin/python3 (unset it, or give --python)");
        return OnPath("python3") is { } found
            ? Reading<string>.Good(found)
            : Reading<string>.Bad("No Python found: there is no python3 on PATH (install Python 3.9 or later, or give --python PATH)");
    }

    private static string? InVirtualEnvironment(string directory) =>
        Programs.Select(name => Path.GetFullPath(name, Path.GetFullPath(directory))).FirstOrDefault(IsProgram);

    private string? OnPath(string name) =>
        (environment("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.GetFullPath(Path.Combine(directory, name)))
            .FirstOrDefault(IsProgram);

    private static bool IsProgram(string path) =>
        File.Exists(path) && (OperatingSystem.IsWindows() ||
            (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
