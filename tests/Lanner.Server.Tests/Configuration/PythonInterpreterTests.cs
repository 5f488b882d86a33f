using Lanner.Server.Configuration;

namespace Lanner.Server.Tests.Configuration;

public sealed class PythonInterpreterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string> _environment = [];

    [Fact]
    public void Resolve_VirtualEnvironment_KeepsTheSymbolicLink()
    {
        var target = _directory.WriteProgram("usr/python3.11");
        Directory.CreateDirectory(Path.Combine(_directory.Path, "venv/bin"));
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "venv/bin/python3"), target);

        Assert.Equal(Path.Combine(_directory.Path, "venv/bin/python3"), Interpreter.Resolve(Path.Combine(_directory.Path, "venv")).Value);
    }

    [Fact]
    public void Resolve_BareName_IsLookedForOnPath()
    {
        _directory.Write("first/python3.12", "not executable");
        var program = _directory.WriteProgram("second/python3.12");
        _environment["PATH"] = $"{_directory.Path}/first:{_directory.Path}/second";

        Assert.Equal(program, Interpreter.Resolve("python3.12").Value);
    }

    [Fact]
    public void FindDefault_ActiveVirtualEnvironment_BeatsPath()
    {
        var active = _directory.WriteProgram("venv/bin/python");
        _directory.WriteProgram("bin/python3");
        _environment["VIRTUAL_ENV"] = Path.Combine(_directory.Path, "venv");
        _environment["PATH"] = Path.Combine(_directory.Path, "bin");

        Assert.Equal(active, Interpreter.FindDefault().Value);
    }

    [Fact]
    public void FindDefault_NoPython_SaysSo()
    {
        _environment["PATH"] = _directory.Path;

        Assert.StartsWith("No Python found: there is no python3 on PATH", Interpreter.FindDefault().Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none", "does not exist")]
    [InlineData("file", "not executable")]
    [InlineData("empty", "no virtual environment")]
    public void Resolve_NoInterpreter_SaysWhy(string name, string part)
    {
        _directory.Write("file", "");
        _directory.Write("empty/readme", "");

        Assert.Contains(part, Interpreter.Resolve(Path.Combine(_directory.Path, name)).Problem, StringComparison.Ordinal);
    }

    private PythonInterpreter Interpreter => new(name => _environment.GetValueOrDefault(name));

    public void Dispose() => _directory.Dispose();
}
