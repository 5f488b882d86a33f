using Lanner.Server.Commands;

namespace Lanner.Server.Tests.Commands;

/// <summary>Usage: one sentence on standard error and exit code 2.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("lanner: unknown command serv: did you mean serve? (see lanner --help)", "serv")]
    [InlineData("lanner: unknown command queues (see lanner --help)", "queues")]
    [InlineData("lanner: unknown option --jsn: did you mean --json? (see lanner status --help)", "status", "--jsn")]
    [InlineData("lanner: unknown option --wokers: did you mean --workers? (see lanner serve --help)", "serve", "--wokers", "3")]
    [InlineData("lanner: unknown option --bidn: did you mean --bind? (see lanner serve --help)", "serve", "app", "--bidn=:1")]
    [InlineData("lanner: 'two' is one argument too many for serve", "serve", "one", "two")]
    [InlineData("lanner: --workers needs a value: --workers N", "serve", "-w")]
    [InlineData("lanner: --workers: must be a whole number from 1 to 1024, not \"x\"", "serve", "shop:app", "-w", "x", "--python", "/bin/sh")]
    [InlineData("lanner: no command: say one of serve, check, status, workers, top, events, reload, scale, settings, jobs, log-level, stop, stacks, migrate, gunicorn, version, or --help")]
    public async Task Run_BadUsage_IsOneSentenceAndExitCodeTwo(string sentence, params string[] arguments)
    {
        var (code, output, error) = await Run(arguments);

        Assert.Equal((2, "", sentence + "\n"), (code, output, error));
    }

    [Fact]
    public async Task Run_Version_IsThePythonPackages()
    {
        var line = (await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "python/lanner/version.py"))).Single(static line => line.StartsWith("__version__", StringComparison.Ordinal));
        var version = line.Split('"')[1];

        Assert.StartsWith($"lanner {version} (", (await Run("version")).Output, StringComparison.Ordinal);
        Assert.StartsWith($"lanner {version} (", (await Run("--version")).Output, StringComparison.Ordinal);
        Assert.StartsWith($"{{\"version\":\"{version}\",", (await Run("version", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Help_ShowsEveryOption()
    {
        var (code, output, _) = await Run("serve", "--help");

        Assert.Equal(0, code);
        foreach (var option in new[] { "-b, --bind", "-w, --workers", "--no-preload", "--trusted-proxies", "--max-body", "--config", "--name", "--python", "--env" })
            Assert.Contains(option, output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await new CommandLine(output, error).RunAsync(arguments, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }
}
