using System.Net;

namespace Functional.Tests.Supervision;

/// <summary>What each app has for its own.</summary>
public class AppsTests
{
    [Fact]
    public async Task Limits_AreTheAppsOwn()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1\nlimits = { nofile = 333, nice = 3, as = \"4GB\" }");

        string[] told = (await server.Client.GetStringAsync("/limits")).Split(' ');

        // `nice` adds to what the tests were started with.
        int ours = int.Parse((await File.ReadAllTextAsync("/proc/self/stat")).Split(") ")[1].Split(' ')[16], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(["333", $"{ours + 3}"], told[2..4]);
    }

    [Fact]
    public async Task User_IsTakenBeforeTheAppIsLoaded()
    {
        // The tests of a container run as root; elsewhere it must be refused.
        using var deployment = new Deployment();
        if (!Environment.IsPrivilegedProcess)
        {
            deployment.Configure("user = \"nobody\"");
            (int code, string[] output) = await LannerServer.RunToEndAsync(["check", "--config", deployment.Path("lanner.toml")], deployment.Environment);
            Assert.Equal(2, code);
            Assert.Contains(output, line => line.Contains("only root can give processes to another user", StringComparison.Ordinal));
            return;
        }
        File.SetUnixFileMode(Path.GetDirectoryName(deployment.Path("x"))!, (UnixFileMode)0b111_101_101);
        await using LannerServer server = await deployment.StartAsync("workers = 2\nuser = \"nobody\"");
        int worker = Processes.Children(Assert.Single(Processes.Children(server.Pid)))[0];

        string[] told = (await server.Client.GetStringAsync("/limits")).Split(' ');

        Assert.Equal(["65534", "65534"], told[..2]);
        Assert.Equal("/nonexistent", told[4]);
        server.Signal("KILL");
        await Processes.UntilAsync(() => !Processes.IsAlive(worker), "processes of another user end with the front end too");
    }

    [Fact]
    public async Task User_ThatDoesNotExist_IsAClearError()
    {
        using var deployment = new Deployment();
        deployment.Configure("user = \"nobody-of-this-name\"");

        (int code, string[] output) = await LannerServer.RunToEndAsync(
            ["serve", "--config", deployment.Path("lanner.toml"), "-b", "127.0.0.1:0"], deployment.Environment);

        Assert.Equal(Environment.IsPrivilegedProcess ? 3 : 2, code);
        Assert.Contains(output, line => line.Contains("nobody-of-this-name", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LazyApp_IsStartedByItsFirstRequestAndStoppedWhenIdle()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 2\nstart = \"lazy\"\nidle_stop = \"1s\"");
        Assert.Empty(Processes.Children(server.Pid));

        string[] bodies = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => server.Client.GetStringAsync("/version")));

        Assert.All(bodies, body => Assert.Equal("one", body));
        Assert.Single(Processes.Children(server.Pid));
        await server.WaitForOutputAsync(line => line.Contains("had no request for 1 s and is stopped", StringComparison.Ordinal));
        await Processes.UntilAsync(() => Processes.Children(server.Pid).Length == 0, "its processes have ended");
        Assert.Equal("one", await server.Client.GetStringAsync("/version"));
    }

    [Fact]
    public async Task LazyApp_ThatCannotBeLoaded_Is503AndIsTriedAgainLater()
    {
        using var deployment = new Deployment();
        deployment.Write("broken", "not today");
        await using LannerServer server = await deployment.StartAsync("workers = 1\nstart = \"lazy\"");

        using HttpResponseMessage refused = await server.Client.GetAsync("/version");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("app-not-ready", refused.Headers.GetValues("Lanner-Error").Single());

        deployment.Remove("broken");
        await Processes.UntilAsync(() => server.Client.GetAsync("/version").Result.IsSuccessStatusCode, "it is tried again");
    }

    [Fact]
    public async Task Watch_ReloadsOnChangeAndShowsTheTracebackWhileBroken()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1", "", "--watch");
        await server.WaitForOutputAsync(line => line.Contains("watching ", StringComparison.Ordinal));
        deployment.Write("version", "two");
        string source = await File.ReadAllTextAsync(deployment.Path("deployed_app.py"));

        deployment.Write("deployed_app.py", source + "\n# changed\n");
        await Processes.UntilAsync(() => server.Client.GetStringAsync("/version").Result == "two", "the new version serves");

        deployment.Write("deployed_app.py", source + "\nraise RuntimeError('<in the midst of an edit>')\n");
        await Processes.UntilAsync(() => !server.Client.GetAsync("/version").Result.IsSuccessStatusCode, "the browser is told");
        using HttpResponseMessage broken = await server.Client.GetAsync("/version");
        Assert.Equal("text/html", broken.Content.Headers.ContentType?.MediaType);
        Assert.Contains("RuntimeError: &lt;in the midst of an edit&gt;", await broken.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        deployment.Write("deployed_app.py", source);
        await Processes.UntilAsync(() => server.Client.GetAsync("/version").Result.IsSuccessStatusCode, "it is whole again");
        using HttpResponseMessage raised = await server.Client.GetAsync("/raise?text=seen");
        Assert.Contains("RuntimeError: seen", await raised.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_WithAnAppThatIsBrokenFromTheStart_WaitsForItsRepair()
    {
        using var deployment = new Deployment();
        deployment.Write("broken", "from the start");
        await using LannerServer server = await deployment.StartAsync("workers = 1", "", "--watch");
        using HttpResponseMessage broken = await server.Client.GetAsync("/version");
        Assert.Contains("RuntimeError: from the start", await broken.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        deployment.Remove("broken");
        deployment.Write("touched.py", "");

        await Processes.UntilAsync(() => server.Client.GetAsync("/version").Result.IsSuccessStatusCode, "it is whole");
    }
}
