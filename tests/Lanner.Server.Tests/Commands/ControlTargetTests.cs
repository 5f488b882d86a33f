using Lanner.Server.Commands;
using Lanner.Server.Configuration;

namespace Lanner.Server.Tests.Commands;

/// <summary>Where a command looks for its server.</summary>
public sealed class ControlTargetTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string> _environment = [];
    private readonly StringWriter _error = new() { NewLine = "\n" };

    [Fact]
    public void Find_OptionEnvironmentFileAndNothing_InThisOrder()
    {
        Assert.Equal($"unix:{_directory.Path}/.lanner/control.sock", Find().Address.ToString());
        _directory.Write("lanner.toml", "[server]\ncontrol = 'unix:run/file.sock'\n[app.shop]\nwhat = 'is wrong here does not matter'\n");
        Assert.Equal($"unix:{_directory.Path}/run/file.sock", Find().Address.ToString());
        _environment["LANNER_CONTROL"] = "unix:variable.sock";
        Assert.Equal($"unix:{_directory.Path}/variable.sock", Find().Address.ToString());
        Assert.Equal($"unix:{_directory.Path}/option.sock", Find("unix:option.sock").Address.ToString());
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public void Find_SettingsInPyproject_AreRead()
    {
        _directory.Write("pyproject.toml", "[tool.lanner.server]\ncontrol = 'unix:project.sock'\n");

        Assert.Equal($"unix:{_directory.Path}/project.sock", Find().Address.ToString());
    }

    [Fact]
    public void Find_TokenOfTheFile_IsForItsOwnServerOnly()
    {
        _directory.Write("lanner.toml", "[server]\ncontrol = '127.0.0.1:9001'\ncontrol_token = 'file'\n");

        Assert.Equal("file", Find().Token);
        Assert.Equal("file", Find("127.0.0.1:9001").Token);
        Assert.Null(Find("127.0.0.1:9002").Token);
        Assert.Null(Find("unix:other.sock").Token);
        Assert.Equal("option", Find(token: "option").Token);
        _environment["LANNER_CONTROL_TOKEN"] = "variable";
        Assert.Equal("variable", Find().Token);
        Assert.Equal("variable", Find("127.0.0.1:9002").Token);
    }

    [Fact]
    public void Find_FileThatCannotBeRead_IsToldAndTheDefaultIsTried()
    {
        _directory.Write("lanner.toml", "[server\n");

        Assert.Equal($"unix:{_directory.Path}/.lanner/control.sock", Find().Address.ToString());
        Assert.StartsWith("lanner: lanner.toml:1:", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nowhere", "--control: must be an address ")]
    [InlineData(null, "lanner.toml:2:11: control must be an address ")]
    public void Find_AddressThatIsNone_IsBadUsage(string? control, string sentence)
    {
        _directory.Write("lanner.toml", "[server]\ncontrol = 'nowhere'\n");

        var failure = Assert.Throws<CommandFailure>(() => Find(control));

        Assert.StartsWith(sentence, failure.Message, StringComparison.Ordinal);
        Assert.Equal(CommandLine.BadUsage, failure.Code);
    }

    public void Dispose()
    {
        _directory.Dispose();
        _error.Dispose();
    }

    private ControlTarget Find(string? control = null, string? token = null) =>
        ControlTarget.Find(control, token, name => _environment.GetValueOrDefault(name), _directory.Path, _error);
}
