using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Functional.Tests.Peers;

/// <summary><c>lanner gunicorn</c> beside Debian's Gunicorn, with the same configuration file and the same requests.</summary>
public sealed class GunicornTests : IDisposable
{
    private static readonly string s_folder = Path.Combine(Checkout.Apps, "gunicorn");

    private readonly Ledger _ledger = new();

    public void Dispose() => _ledger.Dispose();

    [Theory]
    [InlineData("TERM", "")]
    [InlineData("TERM", "1")]
    [InlineData("INT", "")]
    [InlineData("QUIT", "1")]
    public async Task Hooks_OfOneLife_AreCalledAsGunicornCallsThem(string signal, string preload)
    {
        string[] theirs = await RunGunicornAsync(signal, preload);
        await File.WriteAllTextAsync(_ledger.Path, "");
        await using (LannerServer server = await StartAsync([], ("PRELOAD", preload)))
        {
            await AskAsync(server.Client);
            server.Signal(signal);
            Assert.Equal(0, await server.WaitForExitAsync());
        }

        Assert.Equal(theirs, Noted());
        Assert.Contains("post_request /pieces GET 200 OK 6", theirs);
        Assert.Contains("on_exit", theirs);
    }

    [Fact]
    public async Task Hooks_RunWhereTheDocsSay()
    {
        await using (LannerServer server = await StartAsync([]))
        {
            await AskAsync(server.Client);
            server.Signal("TERM");
            await server.WaitForExitAsync();
        }

        string template = ProcessOf("on_starting"), worker = ProcessOf("post_fork");
        Assert.NotEqual(template, worker);
        Assert.All(["nworkers_changed", "when_ready", "pre_fork", "child_exit", "on_exit"], hook => Assert.Equal(template, ProcessOf(hook)));
        Assert.All(["post_worker_init", "pre_request", "post_request", "worker_exit"], hook => Assert.Equal(worker, ProcessOf(hook)));
    }

    [Fact]
    public async Task Reload_CallsOnReload_ThenHooksOfTheNewWorkers_ThenOfTheOld()
    {
        await using LannerServer server = await StartAsync([]);
        server.Signal("HUP");
        await _ledger.UntilAsync("child_exit", 1);

        string[] after = [.. Noted().SkipWhile(line => !line.StartsWith("post_worker_init", StringComparison.Ordinal)).Skip(1).Select(line => line.Split(' ')[0])];
        Assert.Equal(["nworkers_changed", "on_reload", "pre_fork", "post_fork", "imported", "post_worker_init", "worker_exit", "child_exit"], after);
        Assert.Equal(0, _ledger.Count("on_exit"));
    }

    [Fact]
    public async Task Reload_OfABrokenFile_ChangesNothing()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(s_folder, "hooks.conf.py"), folder.File("hooks.conf.py"));
        await using LannerServer server = await StartAsync(["-c", folder.File("hooks.conf.py")]);
        await File.WriteAllTextAsync(folder.File("hooks.conf.py"), "import nothing_of_this_name\n");
        server.Signal("HUP");

        await server.WaitForOutputAsync(line => line.Contains("cannot be evaluated: ModuleNotFoundError", StringComparison.Ordinal));

        Assert.Equal("abcdef", await server.Client.GetStringAsync("/"));
        Assert.Equal(0, _ledger.Count("on_reload"));
    }

    [Fact]
    public async Task App_FindsGunicornsSigns()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("lib"));
        await File.WriteAllTextAsync(folder.File("lib/beside.py"), "word = 'found'");
        await File.WriteAllTextAsync(folder.File("signs.py"), """
            import logging, os, sys, beside
            handlers = logging.getLogger("gunicorn.error").handlers
            def application(environ, start_response):
                start_response("200 OK", [])
                return [repr((sys.argv[0], "gunicorn" in os.environ["SERVER_SOFTWARE"], os.environ["COLOUR"], beside.word, len(handlers))).encode()]
            """);
        await using LannerServer server = await LannerServer.StartCommandAsync(
            ["gunicorn", "--chdir", folder.Path, "--pythonpath", folder.File("lib"), "-e", "COLOUR=green", "-b", "127.0.0.1:0", "signs"], Environment());

        Assert.Equal("('gunicorn', True, 'green', 'found', 1)", await server.Client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Scaling_CallsNworkersChanged()
    {
        await using LannerServer server = await StartAsync([]);
        server.Signal("TTIN");
        await _ledger.UntilAsync("post_worker_init", 2);
        server.Signal("TTOU");
        await _ledger.UntilAsync("child_exit", 1);

        Assert.Equal(["nworkers_changed 1 None", "nworkers_changed 2 1", "nworkers_changed 1 2"], Noted().Where(line => line.StartsWith("nworkers_changed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Timeout_CallsWorkerAbort()
    {
        await using LannerServer server = await StartAsync([], ("TIMEOUT", "1"));

        using HttpResponseMessage response = await server.Client.GetAsync("/hang");

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        await _ledger.UntilAsync("child_exit", 1);
        Assert.Equal(["worker_abort 1", "worker_exit 1 True", "child_exit 1 True"], Noted()[^3..]);
    }

    [Theory]
    [InlineData("on_starting")]
    [InlineData("post_fork")]
    [InlineData("pre_fork")]
    public async Task Hook_ThatRaises_EndsTheStart(string hook)
    {
        (int code, string[] output) = await RunAsync(["-c", "hooks.conf.py", "hooked"], ("FAIL", hook));

        Assert.Equal(3, code);
        Assert.Contains($"lanner: the app could not be loaded: RuntimeError: {hook} was told to fail", output);
        Assert.Contains(output, line => line.Contains("hooks.conf.py", StringComparison.Ordinal) && line.Contains("in fail", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("there is no configuration file", "-c", "missing.conf.py", "hooked")]
    [InlineData("unrecognized arguments: --frobnicate", "--frobnicate")]
    [InlineData("there is no app", "-w", "2")]
    [InlineData("Lanner stays in the foreground", "-D", "hooked")]
    public async Task Mistake_IsOneSentence_AndExitCode2(string expected, params string[] arguments)
    {
        (int code, string[] output) = await RunAsync(arguments);

        Assert.Equal(2, code);
        Assert.Contains(expected, Assert.Single(output, line => line.Length > 0), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigurationFile_ThatRaises_IsToldWithItsTraceback()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("gunicorn.conf.py"), "workers = 1 / 0\n");

        (int code, string[] output) = await RunAsync(["--chdir", s_folder, "-c", folder.File("gunicorn.conf.py"), "hooked"]);

        Assert.Equal(2, code);
        Assert.Contains(output, line => line.Contains("gunicorn.conf.py\", line 1", StringComparison.Ordinal));
        Assert.Contains("cannot be evaluated: ZeroDivisionError: division by zero", output.Last(line => line.Length > 0), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckAndPrintConfig_ServeNothing()
    {
        (int code, string[] output) = await RunAsync(["-c", "hooks.conf.py", "--print-config", "hooked"]);

        Assert.Equal(0, code);
        Assert.Contains(output, line => line.StartsWith("threads ", StringComparison.Ordinal) && line.EndsWith("= 2", StringComparison.Ordinal));
        Assert.Contains("hooks: hooked can be served", output);
        Assert.Equal(["imported"], Noted());
        Assert.Equal(2, (await RunAsync(["--check-config", "nothing_here"])).ExitCode);
    }

    [Fact]
    public async Task PidFileAndErrorLog_AreWritten_AndThePidFileRemoved()
    {
        using var folder = new TemporaryFolder();
        await using (LannerServer server = await StartAsync(["-p", folder.File("pid"), "--error-logfile", folder.File("log")]))
        {
            Assert.Equal(server.Pid.ToString(CultureInfo.InvariantCulture), (await File.ReadAllTextAsync(folder.File("pid"))).Trim());
            File.Move(folder.File("log"), folder.File("log.1"));
            server.Signal("USR1");
            await Processes.UntilAsync(() => File.Exists(folder.File("log")), "a new log file");
            await server.Client.GetAsync("/raise");
            await Processes.UntilAsync(() => File.ReadAllText(folder.File("log")).Contains("was asked to raise", StringComparison.Ordinal), "the error in the new file");
        }

        Assert.False(File.Exists(folder.File("pid")));
        Assert.Contains("said by on_starting", await File.ReadAllTextAsync(folder.File("log.1")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Environment_SaysWhatGunicornsDoes()
    {
        await using LannerServer server = await StartAsync([], ("GUNICORN_CMD_ARGS", "--threads 3"), ("WEB_CONCURRENCY", "7"));

        // The file's one worker beats the environment; its two threads do not beat the variable.
        await server.WaitForOutputAsync(line => line.Contains("(hooked, 1 worker × 3 threads)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0", "rwxrwxrwx")]
    [InlineData("0077", "rwx------")]
    public async Task Umask_SaysWhoMayConnectToAUnixSocket(string umask, string mode)
    {
        using var folder = new TemporaryFolder();
        await using LannerServer server = await StartAsync(["-b", $"unix:{folder.File("s")}", "-m", umask]);

        using Process ls = Process.Start(new ProcessStartInfo("/bin/ls", ["-l", folder.File("s")]) { RedirectStandardOutput = true })!;
        Assert.StartsWith("s" + mode, await ls.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Paste_ServesTheAppOfTheIniFile()
    {
        string ini = Path.Combine(Checkout.Apps, "ini", "site.ini");
        Assert.True(File.Exists(ini), ini);
        await using LannerServer server = await LannerServer.StartCommandAsync(["gunicorn", "--paste", ini, "-b", "127.0.0.1:0"], Environment());

        using HttpResponseMessage response = await server.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private Task<LannerServer> StartAsync(string[] arguments, params (string Name, string Value)[] variables) =>
        LannerServer.StartCommandAsync(["gunicorn", "-c", "hooks.conf.py", "-b", "127.0.0.1:0", .. arguments, "hooked"], Environment(variables), s_folder);

    private Task<(int ExitCode, string[] Output)> RunAsync(string[] arguments, params (string Name, string Value)[] variables) =>
        LannerServer.RunToEndAsync(["gunicorn", "-b", "127.0.0.1:0", .. arguments], Environment(variables), s_folder);

    /// <summary>Debian's interpreter first, which has the packages.</summary>
    private Dictionary<string, string> Environment(params (string Name, string Value)[] variables)
    {
        var environment = new Dictionary<string, string>(_ledger.Environment) { ["PATH"] = "/usr/bin:/bin", ["PYTHONDONTWRITEBYTECODE"] = "1" };
        foreach ((string name, string value) in variables)
            environment[name] = value;
        return environment;
    }

    private async Task<string[]> RunGunicornAsync(string signal, string preload)
    {
        int port = FreePort.Next();
        var start = new ProcessStartInfo("/usr/bin/gunicorn", ["-c", "hooks.conf.py", "-b", $"127.0.0.1:{port}", "hooked"]) { WorkingDirectory = s_folder };
        foreach ((string name, string value) in Environment(("PRELOAD", preload)))
            start.Environment[name] = value;
        using Process gunicorn = Process.Start(start)!;
        try
        {
            await _ledger.UntilAsync("post_worker_init", 1);
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            client.DefaultRequestHeaders.ConnectionClose = true;
            await AskAsync(client);
            Processes.Signal(gunicorn.Id, signal);
            await gunicorn.WaitForExitAsync().WaitAsync(LannerServer.Patience);
        }
        finally
        {
            if (!gunicorn.HasExited)
                gunicorn.Kill(entireProcessTree: true);
        }
        return Noted();
    }

    /// <summary>One after the other: a hook is called after the answer has been sent.</summary>
    private async Task AskAsync(HttpClient client)
    {
        int count = 0;
        foreach (string path in (string[])["/a%20b?c=d", "/pieces", "/raise"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("X-Mark", "m");
            using HttpResponseMessage response = await client.SendAsync(request);
            await _ledger.UntilAsync("post_request", ++count);
        }
    }

    /// <summary>What the hooks noted, without the processes.</summary>
    private string[] Noted() => [.. File.ReadAllLines(_ledger.Path).Select(line => line.Split(" pid=")[0])];

    private string ProcessOf(string hook) => File.ReadAllLines(_ledger.Path).First(line => line.StartsWith(hook + " ", StringComparison.Ordinal)).Split(" pid=")[1];
}
