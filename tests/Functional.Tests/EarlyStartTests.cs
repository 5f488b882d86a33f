namespace Functional.Tests;

/// <summary>The interpreter that boots while the settings are read: it is used where it is the right one, and leaves nothing where it is not.</summary>
public sealed class EarlyStartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public EarlyStartTests()
    {
        // An interpreter that notes each start of it.
        File.WriteAllText(Python, $"#!/bin/sh\necho $$ >>{Starts}\nexec {LannerServer.DebianPython} \"$@\"\n");
        File.SetUnixFileMode(Python, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Starts, "");
    }

    private string Python => _folder.File("python3");

    private string Starts => _folder.File("starts");

    private int[] Started => [.. File.ReadAllLines(Starts).Select(int.Parse)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("path")]
    [InlineData("option")]
    [InlineData("file")]
    [InlineData("named file")]
    public async Task Serve_UsesTheOneThatBooted(string where)
    {
        var environment = new Dictionary<string, string> { ["PATH"] = $"{(where == "path" ? _folder.Path : "")}:{Environment.GetEnvironmentVariable("PATH")}" };
        string[] arguments = ["app_only", "--directory", Checkout.Apps, "--workers", "1"];
        if (where.EndsWith("file", StringComparison.Ordinal))
        {
            File.WriteAllText(_folder.File("lanner.toml"), $"[server]\n[app.x]\napp = \"app_only\"\ndirectory = \"{Checkout.Apps}\"\nworkers = 1\n  python = './python3' # this one\n");
            arguments = where == "file" ? [] : ["--config", _folder.File("lanner.toml")];
        }

        await using LannerServer server = await LannerServer.StartAsync(arguments, environment, where == "named file" ? "/" : _folder.Path, python: where == "option" ? Python : "");

        Assert.Equal(Processes.Children(server.Pid), Started);
        Assert.Single(Started);
    }

    [Fact]
    public async Task Serve_AppThatNeedsAnother_EndsIt()
    {
        File.WriteAllText(_folder.File("lanner.toml"), $"[app.x]\napp = \"app_only\"\ndirectory = \"{Checkout.Apps}\"\nworkers = 1\nenv = {{ OWN = \"1\" }}\n");
        await using LannerServer server = await LannerServer.StartAsync(["--config", _folder.File("lanner.toml")], workingDirectory: _folder.Path, python: Python);

        Assert.Equal(2, Started.Length);
        await Processes.UntilAsync(() => Processes.Children(server.Pid) is [var template] && template == Started[1], "only the app's own template is left");
        Assert.NotEmpty(await server.Client.GetStringAsync("/"));
    }

    [Theory]
    [InlineData("serve", "--workers", "none")]
    [InlineData("serve", "no-such-app", "--threads", "x")]
    public async Task Serve_WithWrongSettings_LeavesNothing(params string[] arguments)
    {
        (int code, string[] output) = await LannerServer.RunToEndAsync([.. arguments, "--python", Python], workingDirectory: _folder.Path);

        Assert.Equal(2, code);
        Assert.Single(output);
        await Processes.UntilAsync(() => Started.All(static pid => !Processes.IsAlive(pid)), "what was started has ended");
    }

    [Theory]
    [InlineData("serve", "--help")]
    [InlineData("version")]
    [InlineData("check", "--help")]
    public async Task Commands_ThatServeNothing_StartNone(params string[] arguments)
    {
        var environment = new Dictionary<string, string> { ["PATH"] = $"{_folder.Path}:{Environment.GetEnvironmentVariable("PATH")}" };

        (int code, _) = await LannerServer.RunToEndAsync(arguments, environment, _folder.Path);

        Assert.Equal(0, code);
        Assert.Empty(Started);
    }
}
