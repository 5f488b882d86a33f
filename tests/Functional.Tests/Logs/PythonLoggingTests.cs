using System.Globalization;
using System.Text.Json;

namespace Functional.Tests.Logs;

/// <summary>What becomes of records of Python's logging in an app that does not configure it.</summary>
public class PythonLoggingTests
{
    [Theory]
    [InlineData("fork")]
    [InlineData("spawn")]
    public async Task Records_AsJson_HaveLevelLoggerTimeThreadRequestAndExtra(string start)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("logging_app", ["--log-format", "json", "--start", start]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/levels?text=alpha");
        request.Headers.Add("X-Request-ID", "the-request");
        using HttpResponseMessage response = await server.Client.SendAsync(request);

        JsonElement entry = await EntryAsync(server, "alpha at critical");

        Assert.Equal(("critical", "shop.views"), (entry.GetProperty("level").GetString(), entry.GetProperty("logger").GetString()));
        JsonElement fields = entry.GetProperty("fields");
        Assert.Equal(("logging_app", "the-request"), (fields.GetProperty("App").GetString(), fields.GetProperty("RequestId").GetString()));
        Assert.Equal(Assert.Single(response.Headers.GetValues("X-Pid")), fields.GetProperty("Pid").GetInt32().ToString(CultureInfo.InvariantCulture));
        Assert.StartsWith("lanner-", fields.GetProperty("Thread").GetString(), StringComparison.Ordinal);
        Assert.Contains("logging_app.py:", fields.GetProperty("Source").GetString(), StringComparison.Ordinal);
        Assert.Equal(5, entry.GetProperty("extra").GetProperty("order").GetInt32());
        Assert.Contains("shop.views", entry.GetProperty("extra").GetProperty("thing").GetString(), StringComparison.Ordinal);
        // Python's own level is warning.
        Assert.Equal(["alpha at warning", "alpha at error", "alpha at critical"], Messages(server, "alpha at"));
        await EntryAsync(server, "imported by");
    }

    [Fact]
    public async Task Traceback_IsOneEntry()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("logging_app", ["--log-format", "json"]);
        await server.Client.GetStringAsync("/exception?text=beta");

        JsonElement entry = await EntryAsync(server, "failed with");

        Assert.Equal("failed with\nbeta", entry.GetProperty("message").GetString());
        Assert.EndsWith("\nKeyError: 'beta'", entry.GetProperty("exception").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/kill")]
    [InlineData("/exit")]
    public async Task Process_ThatEndsAtOnce_HasItsLastWordsInTheLog(string path)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("logging_app", ["--log-format", "json"]);

        (await server.Client.GetAsync(path + "?text=of-the-worker")).Dispose();

        JsonElement entry = await EntryAsync(server, "last words");
        Assert.EndsWith("of-the-worker", entry.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handlers_ThatTheAppNames_GoWhereItSays()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("logging_app", ["--log-format", "json", "--workers", "1"]);

        await server.Client.GetStringAsync("/basic?text=gamma");
        JsonElement plain = await EntryAsync(server, "gamma");
        await server.Client.GetStringAsync("/configure?text=delta");
        JsonElement named = await EntryAsync(server, "delta");

        Assert.Equal(("basic ERROR gamma", "Lanner.App"), (plain.GetProperty("fields").GetProperty("Text").GetString(), plain.GetProperty("logger").GetString()));
        Assert.Equal(("delta", "info", "shop.views"), (named.GetProperty("message").GetString(), named.GetProperty("level").GetString(), named.GetProperty("logger").GetString()));
    }

    [Theory]
    [InlineData("fork")]
    [InlineData("spawn")]
    public async Task Level_ChangedLive_IsThatOfAllWorkersThereAreAndWillBe(string start)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("logging_app", ["--workers", "4", "--threads", "1", "--start", start]);
        int template = Assert.Single(Processes.Children(server.Pid));
        string[] before = await LevelsAsync(server, template);

        (int code, string[] output) = await CommandAsync(server, "log-level", "logging_app", "debug");
        string[] changed = await LevelsAsync(server, template);
        Processes.Signal(Processes.Children(template)[0], "KILL");
        await Processes.UntilAsync(() => server.Output.Any(line => line.Contains("is replaced by", StringComparison.Ordinal)), "a new worker");
        string[] replaced = await LevelsAsync(server, template);
        await CommandAsync(server, "reload");
        await Processes.UntilAsync(() => Processes.Children(server.Pid).Length == 1, "the old template is gone");
        string[] reloaded = await LevelsAsync(server, Assert.Single(Processes.Children(server.Pid)));
        await CommandAsync(server, "log-level", "logging_app", "default");
        string[] after = await LevelsAsync(server, Assert.Single(Processes.Children(server.Pid)));

        Assert.Equal((0, "logging_app: root is at debug in 4 of 4 workers"), (code, Assert.Single(output)));
        Assert.Equal(Four("WARNING"), before);
        Assert.Equal(Four("DEBUG"), changed);
        Assert.Equal(Four("DEBUG"), replaced);
        Assert.Equal(Four("DEBUG"), reloaded);
        Assert.Equal(Four("WARNING"), after);
    }

    [Fact]
    public async Task Level_OfTheSettings_HoldsUntilAnotherIsAskedFor()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("lanner.toml"), $"[app.x]\napp = \"logging_app\"\ndirectory = \"{Checkout.Apps}\"\npython = \"{LannerServer.DebianPython}\"\nworkers = 1\nlog_level = \"info\"\n");
        await using LannerServer server = await LannerServer.StartAsync(["--config", folder.File("lanner.toml"), "--log-format", "json"], python: "");

        string settings = await server.Client.GetStringAsync("/effective");
        await server.Client.GetStringAsync("/levels?text=alpha");
        await EntryAsync(server, "alpha at critical");
        await CommandAsync(server, "log-level", "x", "error", "--logger", "shop.views");
        string asked = await server.Client.GetStringAsync("/effective?logger=shop.views");
        (_, string[] shown) = await CommandAsync(server, "log-level", "x");
        (int code, string[] refused) = await CommandAsync(server, "log-level", "x", "loud");

        Assert.Equal(("INFO", "ERROR"), (settings, asked));
        Assert.Equal(["alpha at info", "alpha at warning", "alpha at error", "alpha at critical"], Messages(server, "alpha at"));
        Assert.Equal(["root info", "shop.views error"], shown);
        Assert.Equal((2, "lanner: level must be one of default, debug, info, warning, error, critical, not \"loud\""), (code, Assert.Single(refused)));
    }

    [Fact]
    public async Task Log_ThatCannotBeWritten_StopsNoRequestAndIsTold()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("logging_app", ["--log", "/dev/full"]);

        for (int i = 0; i < 5; i++)
            Assert.Equal("text", await server.Client.GetStringAsync("/levels"));

        await server.WaitForOutputAsync(line => line.StartsWith("lanner: the log cannot be written; its entries are lost until it can: ", StringComparison.Ordinal));
        Assert.Single(server.Output, line => line.Contains("cannot be written", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Log_ThatCannotBeOpened_IsOneSentenceAndNothingStarts()
    {
        using var folder = new TemporaryFolder();

        (int code, string[] output) = await LannerServer.RunToEndAsync(
            ["serve", "logging_app", "--directory", Checkout.Apps, "--python", LannerServer.DebianPython, "-b", "127.0.0.1:0", "--log", folder.File("missing/server.log")]);

        Assert.Equal(1, code);
        Assert.Contains("missing/server.log", Assert.Single(output), StringComparison.Ordinal);
    }

    private static string[] Four(string level) => [level, level, level, level];

    /// <summary>Asks every worker once: each has one thread, so as many requests at once as there are workers reach all.</summary>
    private static async Task<string[]> LevelsAsync(LannerServer server, int template)
    {
        var levels = new Dictionary<string, string>();
        await Processes.UntilAsync(() => Processes.Children(template).Length == 4, "four workers");
        while (levels.Count < 4)
        {
            string[] asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
            {
                using HttpResponseMessage response = await server.Client.GetAsync("/effective?wait=0.05");
                string pid = Assert.Single(response.Headers.GetValues("X-Pid"));
                lock (levels)
                    levels[pid] = response.Content.ReadAsStringAsync().Result;
                return pid;
            }));
            Assert.Equal(8, asked.Length);
        }
        return [.. levels.Values];
    }

    private static Task<(int Code, string[] Output)> CommandAsync(LannerServer server, params string[] arguments) =>
        LannerServer.RunToEndAsync([.. arguments, "--control", $"unix:{server.ControlSocket}"]);

    private static string[] Messages(LannerServer server, string text) =>
        [.. server.Output.Where(line => line.Contains(text, StringComparison.Ordinal)).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("message").GetString()!)];

    private static async Task<JsonElement> EntryAsync(LannerServer server, string text) =>
        JsonDocument.Parse(await server.WaitForOutputAsync(line => line.StartsWith('{') && line.Contains(text, StringComparison.Ordinal))).RootElement;
}
