using System.Net;

namespace Functional.Tests.Supervision;

/// <summary>New versions of an app beside the one that serves.</summary>
public class ReloadTests
{
    [Theory]
    [InlineData("preload = true")]
    [InlineData("preload = false")]
    [InlineData("start = \"spawn\"")]
    public async Task Hup_WhileARequestRuns_NewOnesMeetTheNewVersionAndTheOldOneFinishes(string start)
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync($"workers = 2\nthreads = 2\n{start}");
        int[] before = Processes.Children(Assert.Single(Processes.Children(server.Pid)));
        string go = deployment.Path("go");
        Task<string> running = server.Client.GetStringAsync($"/await?event={go}");
        await deployment.Ledger.UntilAsync("begun await", 1);
        deployment.Write("version", "two");

        server.Signal("HUP");
        await server.WaitForOutputAsync(line => line.Contains("generation 2 serves", StringComparison.Ordinal));

        Assert.Equal("two", await server.Client.GetStringAsync("/version"));
        Assert.False(running.IsCompleted);
        await File.WriteAllTextAsync(go, "");
        Assert.Equal("done\n", await running);
        Assert.Equal(1, deployment.Ledger.Count("begun await"));
        await Processes.UntilAsync(() => !before.Any(Processes.IsAlive) && Processes.Children(server.Pid).Length == 1, "the old version has ended");
    }

    [Fact]
    public async Task Hup_WithAVersionThatDoesNotImport_TheOldOneServesOnAndTheLogSaysWhy()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 2");
        deployment.Write("version", "two");
        deployment.Write("broken", "a deploy that went wrong");

        server.Signal("HUP");
        await server.WaitForOutputAsync(line => line.Contains("not reloaded, what served goes on: RuntimeError: a deploy that went wrong", StringComparison.Ordinal));
        Assert.Equal("one", await server.Client.GetStringAsync("/version"));
        Assert.Single(Processes.Children(server.Pid));

        deployment.Remove("broken");
        server.Signal("HUP");
        await server.WaitForOutputAsync(line => line.EndsWith("serves", StringComparison.Ordinal));
        Assert.Equal("two", await server.Client.GetStringAsync("/version"));
    }

    [Fact]
    public async Task Hup_WithWrongSettings_ChangesNothing()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 2");
        deployment.Configure("workers = 0");

        server.Signal("HUP");

        await server.WaitForOutputAsync(line => line.Contains("workers must be a whole number", StringComparison.Ordinal));
        Assert.Equal("one", await server.Client.GetStringAsync("/version"));
    }

    [Fact]
    public async Task Hup_WhileAnotherReloadIsUnderWay_TheLastVersionServesInTheEnd()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1");
        string gate = deployment.Path("gate");
        deployment.Write("slow", gate);
        deployment.Write("version", "two");
        server.Signal("HUP");
        await deployment.Ledger.UntilAsync("importing two", 1);
        deployment.Write("version", "three");
        server.Signal("HUP");
        Assert.Equal("one", await server.Client.GetStringAsync("/version"));

        await File.WriteAllTextAsync(gate, "");

        await deployment.Ledger.UntilAsync("importing three", 1);
        await Processes.UntilAsync(() => server.Client.GetStringAsync("/version").Result == "three", "the last version serves");
    }

    [Fact]
    public async Task Hup_OverAndOver_LosesNoRequest()
    {
        using var deployment = new Deployment("0");
        await using LannerServer server = await deployment.StartAsync("workers = 2\nthreads = 4");
        using var enough = new CancellationTokenSource();
        Task<int>[] clients = [.. Enumerable.Range(0, 8).Select(_ => AskAsync(server, enough.Token))];

        for (int version = 1; version <= 5; version++)
        {
            deployment.Write("version", $"{version}");
            server.Signal("HUP");
            await Processes.UntilAsync(() => server.Client.GetStringAsync("/version").Result == $"{version}", "the new version serves");
        }
        await enough.CancelAsync();

        Assert.All(await Task.WhenAll(clients), count => Assert.True(count > 0));
        await Processes.UntilAsync(() => Processes.Children(server.Pid).Length == 1, "the old versions have ended");
    }

    [Fact]
    public async Task Hup_WithOtherAppsInTheSettings_AddsAndRemovesThem()
    {
        using var deployment = new Deployment();
        const string Another = $"[app.y]\napp = \"deployed_app\"\nmount = \"/y\"\nworkers = 1\npython = \"{LannerServer.DebianPython}\"";
        deployment.Configure("workers = 1");
        await using LannerServer server = await deployment.StartAsync("workers = 1");
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/y/version")).StatusCode);

        deployment.Configure("workers = 1", more: Another);
        server.Signal("HUP");
        await Processes.UntilAsync(() => server.Client.GetAsync("/y/version").Result.IsSuccessStatusCode, "the added app answers");
        await Processes.UntilAsync(() => Processes.Children(server.Pid).Length == 2, "the former generation has ended");

        deployment.Configure("workers = 2");
        server.Signal("HUP");
        await Processes.UntilAsync(() => !server.Client.GetAsync("/y/version").Result.IsSuccessStatusCode, "the removed app is gone");
        await Processes.UntilAsync(() => Processes.Children(server.Pid).Length == 1, "its processes have ended");
        Assert.Equal(2, Processes.Children(Processes.Children(server.Pid)[0]).Length);
    }

    [Fact]
    public async Task Hup_WithAnAppThatComesBackWhileItsEarlierSelfStillEnds_ItHasItsSettings()
    {
        using var deployment = new Deployment();
        string another = $"[app.y]\napp = \"deployed_app\"\nmount = \"/y\"\nworkers = 1\nthreads = 2\npython = \"{LannerServer.DebianPython}\"\n[app.y.settings]\nfirst = 1";
        await using LannerServer server = await deployment.StartWithAsync("workers = 1", $"state = \"{deployment.Path("state")}\"", another);
        using HttpClient control = server.OpenControl();
        var settings = new Uri("/v1/apps/y/settings", UriKind.Relative);
        string go = deployment.Path("go");
        Task<string> running = server.Client.GetStringAsync($"/y/await?event={go}");
        await deployment.Ledger.UntilAsync("begun await", 1);

        deployment.Configure("workers = 1", $"state = \"{deployment.Path("state")}\"");
        server.Signal("HUP");
        await Processes.UntilAsync(() => !server.Client.GetAsync("/y/version").Result.IsSuccessStatusCode, "the removed app is gone");
        deployment.Configure("workers = 1", $"state = \"{deployment.Path("state")}\"", another);
        server.Signal("HUP");
        await Processes.UntilAsync(() => server.Client.GetAsync("/y/version").Result.IsSuccessStatusCode, "the app has come back");
        Assert.False(running.IsCompleted);
        (await control.PatchAsync(settings, new StringContent("{\"second\":2}"))).EnsureSuccessStatusCode();
        await File.WriteAllTextAsync(go, "");
        Assert.Equal("done\n", await running);

        // Its earlier self has ended by now and taken nothing with it.
        await Processes.UntilAsync(() => Processes.Children(server.Pid).Length == 2, "the earlier one has ended");
        (await control.PatchAsync(settings, new StringContent("{\"third\":3}"))).EnsureSuccessStatusCode();
        Assert.Equal("""{"first":1,"second":2,"third":3}""", await control.GetStringAsync(settings));
    }

    [Fact]
    public async Task Warmup_AsksEveryThreadBeforeTraffic()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 2\nthreads = 3\nwarmup = [\"/warm\"]");

        string[] lines = [.. File.ReadAllLines(deployment.Ledger.Path).Where(line => line.StartsWith("warmed one ", StringComparison.Ordinal))];

        Assert.Equal(6, lines.Length);
        Assert.Equal(6, lines.Distinct().Count()); // pid and thread
    }

    [Fact]
    public async Task Warmup_AnsweredWithAnError_KeepsTheNewVersionOut()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1\nwarmup = [\"/warm-broken\"]");
        deployment.Write("version", "two");
        deployment.Write("cold", "x");

        server.Signal("HUP");

        await server.WaitForOutputAsync(line => line.Contains("the warm-up request /warm-broken was answered 500 Broken", StringComparison.Ordinal));
        Assert.Equal("one", await server.Client.GetStringAsync("/version"));
    }

    private static async Task<int> AskAsync(LannerServer server, CancellationToken enough)
    {
        int count = 0;
        for (; !enough.IsCancellationRequested; count++)
        {
            using HttpResponseMessage response = await server.Client.GetAsync("/version", CancellationToken.None);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        return count;
    }
}
