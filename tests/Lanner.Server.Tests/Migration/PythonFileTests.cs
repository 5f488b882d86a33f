using System.Text;
using System.Text.Json;
using Lanner.Server.Commands;
using Lanner.Server.Migration;

namespace Lanner.Server.Tests.Migration;

/// <summary>How Python is asked to read a file: which interpreter, what it may take, and what is said when that fails.</summary>
public sealed class PythonFileTests : IDisposable
{
    private const string Debian = "/usr/bin/python3";

    private readonly TemporaryDirectory _home = new();
    private readonly Dictionary<string, string> _environment = new() { ["PATH"] = "/usr/bin:/bin" };

    [Fact]
    public void Read_Statements_HaveValuesPlacesAndReasons()
    {
        var statements = Read("import os\nbind = ['a', 'b']  # both\nworkers = int(os.getenv('N', 4))\ntimeout = some()\nx = None\n");

        Assert.Equal(
            ["Import ", "Value bind=[\"a\", \"b\"]", "Value workers=4 if $N", "Value timeout", "Value x=null"],
            statements.Select(static statement => $"{statement.Kind} {statement.Name}{(statement.Value.ValueKind is JsonValueKind.Undefined ? "" : $"={statement.Value.GetRawText()}")}{(statement.Depends.Count > 0 ? $" if {statement.Depends[0]}" : "")}"));
        Assert.Equal("os", Assert.Single(statements[0].Names));
        Assert.Equal((2, "bind = ['a', 'b']"), (statements[1].Line, statements[1].Text));
        Assert.Equal("what some() returns is only known when the file runs", statements[3].Reason);
    }

    [Theory]
    [InlineData("a = 1\nb = = 2\n", ":2:5: invalid syntax")]
    [InlineData("# coding: klingon\n", ": unknown encoding: klingon")]
    [InlineData("a = '\0'\n", " is no text: it holds a zero byte")]
    public void Read_NoPython_SaysWhere(string text, string sentence)
    {
        Assert.Equal($"{_home.Path}/conf.py{sentence}", Failure(text));
    }

    [Fact]
    public void Read_OtherEncoding_IsTheFilesOwn()
    {
        File.WriteAllBytes(Path.Combine(_home.Path, "conf.py"), Encoding.Latin1.GetBytes("# coding: latin-1\r\nname = 'Grüße'\r\n"));

        Assert.Equal("Grüße", PythonFile.Read(Source(), "__config__")[0].Value.GetString());
    }

    [Fact]
    public void Read_DeepNesting_IsOneSentence()
    {
        Assert.Matches($"^{_home.Path}/conf.py(:1:[0-9]+)?: (it is nested too deeply|too many nested)", Failure("x = " + new string('(', 100_000)));
    }

    [Fact]
    public void Read_LongFile_IsRefused()
    {
        Assert.Equal($"{_home.Path}/conf.py is longer than 256 KB, which no configuration is", Failure(new string('#', (256 * 1024) + 1)));
        Assert.Empty(Read(new string('#', 256 * 1024)));
    }

    [Fact]
    public void Read_WithoutPython_SaysHowToGiveIt()
    {
        _environment["PATH"] = _home.Path;

        Assert.StartsWith("No Python found: there is no python3 on PATH", Failure("x = 1"), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ActiveEnvironment_IsAsked()
    {
        _environment["VIRTUAL_ENV"] = Path.Combine(_home.Path, "venv");
        var program = Program("venv/bin/python3", "exit 0");

        Assert.Equal($"{program} is no Python 3.9 or later: it gave no answer", Failure("x = 1"));
    }

    [Theory]
    [InlineData("cat")]
    [InlineData("exit 1")]
    [InlineData("echo null")]
    [InlineData("echo '{\"statements\": 1}'")]
    public void Read_ProgramThatIsNoPython_IsNamed(string commands)
    {
        var program = Program("python", commands);

        Assert.Equal($"{program} is no Python 3.9 or later: it gave no answer", Failure("x = 1", program));
    }

    [Fact]
    public void Read_PythonThatIsTooOld_IsToldByIt()
    {
        var program = Program("python", $"exec {Debian} -c \"import sys; sys.version_info = (3, 7, 0); sys.argv = sys.argv[1:]; exec(open(sys.argv[3] + '/__main__.py').read())\" \"$@\"");

        Assert.Equal($"{_home.Path}/conf.py: Python 3.7 is too old: Lanner needs CPython 3.9 or later", Failure("x = 1", program));
    }

    [Theory]
    [InlineData("kill -SEGV $$", "/conf.py: it is nested too deeply, or too large")]
    [InlineData("exec sleep 600", "/conf.py takes too long to read, or too much memory")]
    public void Read_PythonThatIsKilled_IsOneSentence(string commands, string sentence)
    {
        var program = Program("python", commands);
        // A source longer than what a pipe holds: it is not read.
        _home.Write("conf.py", new string('#', 200_000));

        var failure = Assert.Throws<MigrationFailure>(() => PythonFile.Read(Source(program), "__config__", TimeSpan.FromMilliseconds(500)));

        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ProgramThatCannotBeStarted_IsNamed()
    {
        var program = _home.WriteProgram("python");
        File.WriteAllBytes(program, [0x7f, (byte)'E', (byte)'L', (byte)'F', 0, 0]);

        Assert.StartsWith($"{program} could not be started: ", Failure("x = 1", program), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_PythonOfTheCommandLine_IsResolvedAsEverywhere()
    {
        Assert.Equal($"No Python found: {_home.Path}/none does not exist", Failure("x = 1", $"{_home.Path}/none"));
        Assert.Single(Read("x = 1", "python3"));
    }

    /// <summary>The file that is read may run anything when it is run.</summary>
    [Theory]
    [InlineData("gunicorn", "conf.py")]
    [InlineData("waitress", "serve.py")]
    public async Task Migrate_File_IsNeverRun(string peer, string name)
    {
        var trace = Path.Combine(_home.Path, "trace");
        var file = _home.Write(name, $"open('{trace}', 'w')\nimport waitress\nfrom shop import app\nwsgi_app = 'shop:app'\nwaitress.serve(app)\n");
        _home.Write("shop.py", $"open('{trace}', 'w')\napp = None\n");
        using var output = new StringWriter();
        using var error = new StringWriter();

        var code = await new CommandLine(output, error).RunAsync(["migrate", peer, file, "--python", Debian], CancellationToken.None);

        Assert.Equal(0, code);
        Assert.Contains("app = \"shop:app\"", output.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(trace));
    }

    private Source Source(string? python = null) => new(Path.Combine(_home.Path, "conf.py"), null, name => _environment.GetValueOrDefault(name), python);

    private IReadOnlyList<PythonStatement> Read(string text, string? python = null)
    {
        _home.Write("conf.py", text);
        return PythonFile.Read(Source(python), "__config__");
    }

    private string Failure(string text, string? python = null) => Assert.Throws<MigrationFailure>(() => Read(text, python)).Message;

    private string Program(string name, string commands)
    {
        var path = _home.WriteProgram(name);
        File.WriteAllText(path, $"#!/bin/sh\n{commands}\n");
        return path;
    }

    public void Dispose() => _home.Dispose();
}
