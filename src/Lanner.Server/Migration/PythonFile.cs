using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Lanner.Server.Configuration;
using Lanner.Server.Configuration.Values;

namespace Lanner.Server.Migration;

/// <summary>
/// Has Python's own parser read a Python file, in a process of its own and without running any of it: whatever the file
/// holds, that process is all that can suffer.
/// </summary>
internal static class PythonFile
{
    /// <summary>More than any configuration: the parser takes a thousand times as much memory.</summary>
    private const int MostBytes = 256 * 1024;

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    /// <param name="source">The file, and the interpreter to read it with.</param>
    /// <param name="module">What <c>__name__</c> is in it.</param>
    /// <param name="calls">Functions whose calls are wanted.</param>
    public static IReadOnlyList<PythonStatement> Read(Source source, string module, params string[] calls) => Read(source, module, s_longest, calls);

    internal static IReadOnlyList<PythonStatement> Read(Source source, string module, TimeSpan limit, params string[] calls)
    {
        var content = Source.ReadBytes(source.Path, MostBytes);
        var python = Interpreter(source);
        var outline = Ask(python, [source.Path, module, string.Join(',', calls)], content, limit, source.Path);
        if (outline.Problem is not { } problem) return outline.Statements;
        var place = (problem.Line, problem.Column) switch
        {
            ( > 0, > 0) => string.Create(CultureInfo.InvariantCulture, $":{problem.Line}:{problem.Column}"),
            ( > 0, _) => string.Create(CultureInfo.InvariantCulture, $":{problem.Line}"),
            _ => "",
        };
        throw new MigrationFailure($"{source.Path}{place}: {problem.What}");
    }

    private static string Interpreter(Source source)
    {
        var interpreter = new PythonInterpreter(source.Environment);
        Reading<string> found;
        if (source.Python is { } given)
        {
            var path = new InterpreterKind().Parse(given, Directory.GetCurrentDirectory());
            found = path.Problem is { } wrong ? Reading<string>.Bad($"--python {wrong}") : interpreter.Resolve(path.Value!);
        }
        else found = interpreter.FindDefault();
        return found.Problem is { } problem ? throw new MigrationFailure(problem) : found.Value!;
    }

    private static PythonOutline Ask(string python, string[] arguments, byte[] content, TimeSpan limit, string path)
    {
        // Isolated: neither the app's packages nor the user's variables take part, and nothing is written.
        var start = new ProcessStartInfo(python, ["-I", "-S", "-B", Path.Combine(ServerHost.PythonDirectory, "lanner", "peers", "outline"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        try
        {
            using var process = Process.Start(start)!;
            using var timer = new Timer(_ => End(process), null, limit, Timeout.InfiniteTimeSpan);
            Give(process, content);
            var answer = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return Understand(python, path, process.ExitCode, answer);
        }
        catch (Win32Exception problem)
        {
            throw new MigrationFailure($"{python} could not be started: {problem.Message}");
        }
    }

    private static void End(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself in this moment.
        }
    }

    private static void Give(Process process, byte[] content)
    {
        try
        {
            using var input = process.StandardInput.BaseStream;
            input.Write(content);
        }
        catch (IOException)
        {
            // It has ended early; what it says, or its exit code, tells why.
        }
    }

    private static PythonOutline Understand(string python, string path, int exitCode, string answer)
    {
        const int Signals = 128, Killed = 9;
        if (exitCode == Signals + Killed) throw new MigrationFailure($"{path} takes too long to read, or too much memory");
        // A parser before Python 3.11 has no bound of its own.
        if (exitCode > Signals) throw new MigrationFailure($"{path}: it is nested too deeply, or too large ({python} ended with signal {exitCode - Signals})");
        try
        {
            if (exitCode == 0 && JsonSerializer.Deserialize(answer, MigrationJson.Default.PythonOutline) is { } outline) return outline;
        }
        catch (JsonException)
        {
            // As if it had said nothing.
        }
        throw new MigrationFailure($"{python} is no Python 3.9 or later: it gave no answer");
    }
}
