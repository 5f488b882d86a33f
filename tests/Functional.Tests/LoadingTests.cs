using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Functional.Tests;

/// <summary>APP in all its forms, the interpreters, and what is said when an app cannot be loaded.</summary>
public partial class LoadingTests
{
    public static TheoryData<string> Interpreters()
    {
        var found = new SortedSet<string> { LannerServer.DebianPython };
        string[] folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')];
        foreach (int minor in Enumerable.Range(9, 6))
        {
            if (folders.Select(folder => Path.Combine(folder, $"python3.{minor}")).FirstOrDefault(File.Exists) is { } onPath && Runs(onPath))
                found.Add(onPath);
        }
        string versions = Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/", ".pyenv", "versions");
        foreach (string folder in Directory.Exists(versions) ? Directory.GetDirectories(versions, "3.*") : [])
        {
            // The folder may be called 3.14-dev or 3.13t, and hold an interpreter that was never finished.
            string python = Path.Combine(folder, "bin", "python3");
            if (MinorPattern().Match(Path.GetFileName(folder)) is { Success: true } minor
                && int.Parse(minor.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) >= 9
                && File.Exists(python) && Runs(python))
                found.Add(python);
        }
        return [.. found];
    }

    [Theory]
    [InlineData("app_only")]
    [InlineData("factory_app:application")]
    [InlineData("factory_app:site.inner")]
    [InlineData("factory_app:create()")]
    [InlineData("factory_app:create_greeting('hi')")]
    [InlineData("factory_app.py:app")]
    [InlineData("factory_app.py")]
    [InlineData("script.wsgi")]
    [InlineData("script.wsgi:other")]
    [InlineData("file with space.py")]
    [InlineData("pack.wsgi:application")]
    [InlineData("paste:ini/site.ini")]
    [InlineData("paste:ini/site.ini#changed")]
    [InlineData("paste:ini/site.ini#wrapped")]
    [InlineData("paste:ini/site.ini#piped")]
    [InlineData("paste:ini/site.ini#borrowed")]
    public async Task App_InThisForm_IsServed(string app)
    {
        await using LannerServer server = await LannerServer.StartAppAsync(app, ["--workers", "1", "--threads", "2"]);

        using HttpResponseMessage response = await server.Client.GetAsync("/");

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("nothing_there", "nothing_there")]
    [InlineData("broken_app", "Traceback")]
    [InlineData("syntax_app", "SyntaxError")]
    [InlineData("missing_import_app", "Traceback")]
    [InlineData("exit_app", "SystemExit")]
    [InlineData("nameless_app", "neither 'application' nor 'app'")]
    [InlineData("factory_app:nope", "has no 'nope'")]
    [InlineData("factory_app:number", "not callable")]
    [InlineData("factory_app:create_failing()", "Traceback")]
    [InlineData("nowhere.py", "no file")]
    [InlineData("script.wsgi:missing", "has no 'missing'")]
    [InlineData("paste:ini/site.ini#nothing", "nothing")]
    [InlineData("paste:ini/nowhere.ini", "no file")]
    [InlineData("asgi_app", "ASGI")]
    [InlineData("eventlet_app", "eventlet.monkey_patch()")]
    public async Task App_ThatCannotBeLoaded_IsExplained(string app, string part)
    {
        string[] arguments = [app, "--directory", Checkout.Apps, "--python", LannerServer.DebianPython];

        (int code, string[] output) = await LannerServer.RunToEndAsync(["serve", "-b", "127.0.0.1:0", .. arguments]);
        (int checkCode, string[] checkOutput) = await LannerServer.RunToEndAsync(["check", .. arguments]);

        Assert.Equal((3, 2), (code, checkCode));
        Assert.Contains(output, line => line.Contains(part, StringComparison.Ordinal));
        Assert.Contains(checkOutput, line => line.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_OfAGoodApp_ExitsWithZero()
    {
        (int code, string[] output) = await LannerServer.RunToEndAsync(["check", "environ_app", "--directory", Checkout.Apps, "--python", LannerServer.DebianPython]);

        Assert.True(code == 0, string.Join('\n', output));
    }

    [Theory]
    [MemberData(nameof(Interpreters))]
    public async Task Interpreter_OfAnySupportedVersion_Serves(string python)
    {
        await using LannerServer server = await LannerServer.StartAsync(["environ_app", "--directory", Checkout.Apps, "--workers", "2", "--threads", "2"], python: python);

        for (int i = 0; i < 8; i++)
        {
            using HttpResponseMessage response = await server.Client.PostAsync("/?how=iter", new StringContent(new string('x', 100_000 * i)));
            Assert.Equal(100_000 * i, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("body").GetProperty("length").GetInt32());
        }
    }

    [Theory]
    [InlineData("--start", "spawn")]
    [InlineData("--no-preload", null)]
    public async Task Workers_StartedOtherwise_Serve(string option, string? value)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("environ_app", value is null ? [option] : [option, value]);
        int template = Assert.Single(Processes.Children(server.Pid));
        int[] before = Processes.Children(template);

        Assert.Equal(2, before.Length);
        Processes.Signal(before[0], "KILL");
        await Processes.UntilAsync(() => Processes.Children(template) is { Length: 2 } now && !now.Contains(before[0]), "a new worker");
        Assert.Contains("PATH_INFO", await server.Client.GetStringAsync("/"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task VirtualEnvironment_GivenEitherWay_IsUsed(bool byOption)
    {
        using var folder = new TemporaryFolder();
        using (Process venv = Process.Start(LannerServer.DebianPython, ["-m", "venv", "--without-pip", folder.File("venv")]))
            await venv.WaitForExitAsync();
        await File.WriteAllTextAsync(folder.File("app.py"), "import sys\ndef app(e, s):\n    s('200 OK', [])\n    return [sys.prefix.encode()]\n");

        await using LannerServer server = byOption
            ? await LannerServer.StartAsync(["app", "--directory", folder.Path], python: folder.File("venv"))
            : await LannerServer.StartAsync(["app", "--directory", folder.Path], new Dictionary<string, string> { ["VIRTUAL_ENV"] = folder.File("venv") }, python: "");

        Assert.Equal(folder.File("venv"), await server.Client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Interpreter_ThatIsTooOld_IsRefusedInOneSentence()
    {
        using var folder = new TemporaryFolder();
        string versions = Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/", ".pyenv", "versions");
        foreach (string version in (string[])["2.7", "3.6", "3.8"])
        {
            // Really old ones where the machine has them.
            foreach (string old in Directory.Exists(versions) ? Directory.GetDirectories(versions, version + ".*") : [])
            {
                string python = File.Exists(Path.Combine(old, "bin", "python3")) ? "python3" : "python";
                (int refused, string[] told) = await LannerServer.RunToEndAsync(
                    ["serve", "app_only", "--directory", Checkout.Apps, "--python", Path.Combine(old, "bin", python)]);
                Assert.Equal(3, refused);
                Assert.Contains(told, line => line.StartsWith("lanner: ", StringComparison.Ordinal) && line.Contains($"Python {version} ", StringComparison.Ordinal));
            }
        }
        // And what boot.py does there, without one on every machine.
        await File.WriteAllTextAsync(folder.File("python3"), "#!/bin/sh\necho 'Python 3.8 at here is too old: Lanner needs CPython 3.9 or later' >&2\nexit 90\n");
        File.SetUnixFileMode(folder.File("python3"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        (int code, string[] output) = await LannerServer.RunToEndAsync(["serve", "app_only", "--directory", Checkout.Apps, "--python", folder.File("python3")]);

        Assert.Equal(3, code);
        Assert.Contains(output, line => line.StartsWith("lanner: ", StringComparison.Ordinal) && line.Contains("too old", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Interpreter_ThatIsMissing_IsExitCodeTwo()
    {
        (int code, string[] output) = await LannerServer.RunToEndAsync(["serve", "app_only", "--directory", Checkout.Apps, "--python", "/nowhere/python3"]);

        Assert.Equal(2, code);
        Assert.Single(output);
    }

    [GeneratedRegex(@"^3\.(\d{1,3})")]
    private static partial Regex MinorPattern();

    private static bool Runs(string python)
    {
        // A shim on PATH may stand for a version that is not there.
        using Process process = Process.Start(new ProcessStartInfo(python, ["-c", ""]) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
