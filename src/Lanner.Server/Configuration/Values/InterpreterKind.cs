namespace Lanner.Server.Configuration.Values;

/// <summary>
/// A Python interpreter or a virtual environment: a path (made absolute), or the bare name of a program on PATH. What
/// it stands for is found by <see cref="PythonInterpreter"/> once all settings are read.
/// </summary>
internal sealed class InterpreterKind : ValueKind<string>
{
    public override string Type => "path";

    public override string Expected => "an interpreter or a virtual environment such as \".venv\" or \"/usr/bin/python3\"";

    public override Reading<string> Parse(string text, string baseDirectory)
    {
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal)) return Wrong(text);
        var full = Path.GetFullPath(text, baseDirectory);
        return Reading<string>.Good(text.Contains('/', StringComparison.Ordinal) || Directory.Exists(full) ? full : text);
    }

    public override string Show(string value) => $"\"{value}\"";
}
