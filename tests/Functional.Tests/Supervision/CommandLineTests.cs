using System.Text;

namespace Functional.Tests.Supervision;

/// <summary>What the command line says of apps, and that it is still said after a reload.</summary>
public sealed class CommandLineTests : IDisposable
{
    /// <summary>Tells which interpreter runs it, where, and a variable of its environment; a job of it does, too.</summary>
    private const string App = """
        import os, sys
        from exchange import answer, note
        VERSION = "1"
        def told():
            return f"{VERSION} {sys.executable} {os.getcwd()} {os.environ.get('MARK')}"
        TEMPLATE = told()
        def report():
            note("job", told().replace(" ", ";"))
        def application(environ, start_response):
            return answer(start_response, f"{TEMPLATE}\n{told()}".encode())
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly Ledger _ledger = new();

    public void Dispose()
    {
        _folder.Dispose();
        _ledger.Dispose();
    }

    [Fact]
    public async Task PythonDirectoryAndEnv_OfSeveralApps_AreForEachThatDoesNotSayOtherwise()
    {
        Directory.CreateDirectory(_folder.File("bin"));
        File.CreateSymbolicLink(_folder.File("bin/python3"), LannerServer.DebianPython);
        foreach (string code in (string[])["code", "deploy/own"])
        {
            Directory.CreateDirectory(_folder.File(code));
            await File.WriteAllTextAsync(_folder.File($"{code}/told.py"), App);
        }
        string settings = _folder.File("deploy/lanner.toml");
        await File.WriteAllTextAsync(settings, $$"""
            [app.a]
            app = "told"
            mount = "/a"
            workers = 1
            [job.a]
            app = "a"
            call = "told:report"
            [app.b]
            app = "told"
            mount = "/b"
            workers = 1
            directory = "own"
            python = "{{LannerServer.DebianPython}}"
            env = { MARK = "file" }
            [job.b]
            app = "b"
            call = "told:report"
            """);
        string ofOptions = $"{_folder.File("bin/python3")} {_folder.File("code")} option", ofFile = $"{LannerServer.DebianPython} {_folder.File("deploy/own")} file";
        await using LannerServer server = await LannerServer.StartAsync(
            ["--config", "deploy/lanner.toml", "--directory", "code", "--env", "MARK=option", "--watch"], Environment, _folder.Path, python: "bin/python3");
        using HttpClient control = server.OpenControl();
        await AssertToldAsync("1");
        foreach ((string job, string told) in new[] { ("a", ofOptions), ("b", ofFile) })
        {
            (await control.PostAsync($"/v1/jobs/{job}/run", null)).EnsureSuccessStatusCode();
            await Processes.UntilAsync(() => _ledger.Lines().Any(line => line.StartsWith($"job 1;{told.Replace(' ', ';')} ", StringComparison.Ordinal)), $"the job of {job}");
        }

        server.Signal("HUP");
        await Processes.UntilAsync(() => control.GetStringAsync("/v1/apps/a").Result.Contains("\"generation\":2", StringComparison.Ordinal), "another generation of a");
        await Processes.UntilAsync(() => control.GetStringAsync("/v1/apps/b").Result.Contains("\"generation\":2", StringComparison.Ordinal), "another generation of b");
        await AssertToldAsync("1");
        foreach (string code in (string[])["code", "deploy/own"])
            await File.WriteAllTextAsync(_folder.File($"{code}/told.py"), App.Replace("\"1\"", "\"2\"", StringComparison.Ordinal));
        await Processes.UntilAsync(() => ((string[])["/a", "/b"]).All(path => server.Client.GetStringAsync(path).Result.StartsWith('2')), "what was changed is served");
        await AssertToldAsync("2");
        string more = await File.ReadAllTextAsync(settings) + "\n[app.c]\napp = \"told\"\nmount = \"/c\"\nworkers = 1\n";
        using HttpResponseMessage present = await control.GetAsync("/v1/config");
        using var put = new HttpRequestMessage(HttpMethod.Put, "/v1/config") { Content = new StringContent(more, Encoding.UTF8, "application/toml") };
        put.Headers.IfMatch.Add(present.Headers.ETag!);
        (await control.SendAsync(put)).EnsureSuccessStatusCode();
        await AssertToldAsync("2");
        Assert.Equal($"2 {ofOptions}\n2 {ofOptions}", await server.Client.GetStringAsync("/c"));

        async Task AssertToldAsync(string version)
        {
            Assert.Equal($"{version} {ofOptions}\n{version} {ofOptions}", await server.Client.GetStringAsync("/a"));
            Assert.Equal($"{version} {ofFile}\n{version} {ofFile}", await server.Client.GetStringAsync("/b"));
        }
    }

    [Fact]
    public async Task Check_OfSeveralApps_TakesTheSame()
    {
        await File.WriteAllTextAsync(_folder.File("lanner.toml"), "[app.a]\napp = \"app_only\"\n[app.b]\napp = \"environ_app\"\nmount = \"/b\"\npython = \"./none\"\n");
        string[] arguments = ["check", "--config", _folder.File("lanner.toml"), "--directory", Checkout.Apps];

        (int code, string[] output) = await LannerServer.RunToEndAsync([.. arguments, "--python", LannerServer.DebianPython]);
        Assert.Equal(2, code);
        Assert.Contains("/none does not exist", Assert.Single(output, line => line.Length > 0), StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder.File("lanner.toml"), (await File.ReadAllTextAsync(_folder.File("lanner.toml"))).Replace("./none", LannerServer.DebianPython, StringComparison.Ordinal));
        (code, output) = await LannerServer.RunToEndAsync([.. arguments, "--python", LannerServer.DebianPython]);

        Assert.Equal((0, "a: app_only can be served b: environ_app can be served"), (code, string.Join(' ', output.Where(line => line.Length > 0))));
    }

    [Fact]
    public async Task Name_OfAnAppOfTheCommandLine_IsWhatCommandsKnowItBy()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("app_only", ["--name", "till-2"]);
        string at = $"unix:{server.ControlSocket}";

        Assert.Contains(server.Output, line => line.EndsWith(" (app_only, 2 workers × 8 threads)", StringComparison.Ordinal));
        Assert.Contains((await LannerServer.RunToEndAsync(["status", "--control", at])).Output, line => line.StartsWith("till-2 ", StringComparison.Ordinal));
        server.Signal("HUP");
        await server.WaitForOutputAsync(line => line.Contains("app till-2: generation 2 serves", StringComparison.Ordinal));
        (int code, string[] output) = await LannerServer.RunToEndAsync(["reload", "till-2", "--control", at]);
        Assert.Equal((0, "till-2: generation 3 serves (2 of 2 workers ready)"), (code, output[0]));
        (code, output) = await LannerServer.RunToEndAsync(["check", "app_only", "--name", "till-2", "--directory", Checkout.Apps, "--python", LannerServer.DebianPython]);
        Assert.Equal((0, "till-2: app_only can be served"), (code, output[0]));
        (code, output) = await LannerServer.RunToEndAsync(["check", "app_only", "--name", "my till"]);
        Assert.Equal((2, "lanner: --name: must be made of letters, digits, - and _, not \"my till\""), (code, output[0]));
    }

    [Fact]
    public async Task Commands_InTheDirectoryOfTheSettings_FindTheServer()
    {
        await File.WriteAllTextAsync(_folder.File("lanner.toml"), $"[server]\ncontrol = \"unix:own.sock\"\n[app.x]\napp = \"app_only\"\ndirectory = \"{Checkout.Apps}\"\npython = \"{LannerServer.DebianPython}\"\nworkers = 1\n");
        await using LannerServer server = await LannerServer.StartAsync([], workingDirectory: _folder.Path, python: "");

        (int code, string[] output) = await LannerServer.RunToEndAsync(["status"], new Dictionary<string, string> { ["LANNER_CONTROL"] = "" }, _folder.Path);

        Assert.Equal(0, code);
        Assert.Contains($"(pid {server.Pid})", output[0], StringComparison.Ordinal);
    }

    private Dictionary<string, string> Environment => new(_ledger.Environment) { ["PYTHONPATH"] = Checkout.Apps, ["PYTHONDONTWRITEBYTECODE"] = "1" };
}
