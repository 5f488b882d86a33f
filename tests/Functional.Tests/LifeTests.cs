using System.Net;

namespace Functional.Tests;

/// <summary>Processes that die, hang or are told to stop.</summary>
public class LifeTests
{
    [Theory]
    [InlineData("/os-exit")]
    [InlineData("/kill")]
    [InlineData("/segv")]
    [InlineData("/abort")]
    public async Task App_ThatEndsItsProcess_HarmsNoOtherRequest(string path)
    {
        using var ledger = new Ledger();
        // One thread each: the request that waits holds one worker, the one that kills gets the other.
        await using LannerServer server = await LannerServer.StartAppAsync("harm_app", ["--workers", "2", "--threads", "1"], ledger.Environment);
        int template = Assert.Single(Processes.Children(server.Pid));
        int[] before = Processes.Children(template);
        Task<string> running = server.Client.GetStringAsync($"/await?event={ledger.Path}.go");
        await ledger.UntilAsync("begun await", 1);

        using HttpResponseMessage response = await server.Client.GetAsync(path);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("worker-died", response.Headers.GetValues("Lanner-Error").Single());
        Assert.False(running.IsCompleted);
        await server.Client.GetStringAsync("/process");
        await Processes.UntilAsync(() => Processes.Children(template) is { Length: 2 } now && now.Except(before).Count() == 1, "a new worker");
        await File.WriteAllTextAsync(ledger.Path + ".go", "");
        Assert.Equal("done\n", await running);
        await server.WaitForOutputAsync(line => line.Contains("ended:", StringComparison.Ordinal) && line.Contains("worker", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/raise", 500, "app-error")]
    [InlineData("/exit", 500, "app-error")]
    [InlineData("/raise-base", 500, "app-error")]
    [InlineData("/raise-unprintable", 500, "app-error")]
    [InlineData("/keyboard-interrupt", 500, "app-error")]
    [InlineData("/recursion", 500, "app-error")]
    [InlineData("/memory", 500, "app-error")]
    public async Task App_ThatRaises_IsLoggedWithItsRequest(string path, int status, string code)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("harm_app");
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Request-ID", "the-one-that-raised");

        using HttpResponseMessage response = await server.Client.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, response.Headers.GetValues("Lanner-Error").Single());
        Assert.DoesNotContain("Traceback", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await server.WaitForOutputAsync(line => line.Contains("the-one-that-raised", StringComparison.Ordinal));
        await server.WaitForOutputAsync(line => line.StartsWith("Traceback", StringComparison.Ordinal));
        await server.Client.GetStringAsync("/process");
    }

    [Fact]
    public async Task Requests_ThatNeverEnd_StopNoOthers()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("lanner.toml"), Toml("harm_app", "workers = 2\nthreads = 4\ndrain_timeout = \"1s\""));
        using var ledger = new Ledger();
        await using LannerServer server = await LannerServer.StartAsync(["--config", folder.File("lanner.toml")], ledger.Environment);
        using var leaving = new CancellationTokenSource();
        Task[] hanging = [.. Enumerable.Range(0, 6).Select(_ => server.Client.GetAsync("/hang", leaving.Token))];
        await ledger.UntilAsync("begun hang", 6);

        for (int i = 0; i < 20; i++)
            await server.Client.GetStringAsync("/process");

        Assert.DoesNotContain(hanging, task => task.IsCompleted);
        int template = Assert.Single(Processes.Children(server.Pid));
        int[] workers = Processes.Children(template);
        server.Signal("TERM");
        Assert.Equal(1, await server.WaitForExitAsync()); // they were cut off
        Assert.DoesNotContain(workers.Append(template), Processes.IsAlive);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => Task.WhenAll(hanging));
    }

    [Theory]
    [InlineData("/process")]
    [InlineData("/hang-gil")]
    public async Task FrontEnd_Killed_LeavesNoProcess(string path)
    {
        using var ledger = new Ledger();
        await using LannerServer server = await LannerServer.StartAppAsync("harm_app", environment: ledger.Environment);
        int template = Assert.Single(Processes.Children(server.Pid));
        int[] workers = Processes.Children(template);
        Task<HttpResponseMessage> running = server.Client.GetAsync(path);
        if (path == "/process")
            (await running).Dispose();
        else
            await ledger.UntilAsync("begun hang-gil", 1);

        server.Signal("KILL");

        await Processes.UntilAsync(() => !workers.Append(template).Any(Processes.IsAlive), "template and workers end with the front end");
        if (path != "/process")
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => running);
    }

    [Fact]
    public async Task Template_Killed_IsReplacedAndNoRequestFails()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("environ_app");
        int template = Assert.Single(Processes.Children(server.Pid));
        int[] workers = Processes.Children(template);
        using var enough = new CancellationTokenSource();
        Task<int> load = LoadAsync(server, enough.Token);

        Processes.Signal(template, "KILL");

        await Processes.UntilAsync(
            () => Processes.Children(server.Pid) is [var other] && other != template && Processes.Children(other).Length == 2 && !workers.Any(Processes.IsAlive),
            "a new template with its workers, and none of the old");
        await enough.CancelAsync();
        Assert.True(await load > 0);
    }

    [Fact]
    public async Task Worker_Killed_IsReplacedAndIdleDeathIsUnseen()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("environ_app");
        int template = Assert.Single(Processes.Children(server.Pid));
        for (int round = 0; round < 5; round++)
        {
            int[] workers = Processes.Children(template);
            Processes.Signal(workers[0], "KILL");
            await Processes.UntilAsync(() => Processes.Children(template) is { Length: 2 } now && !now.Contains(workers[0]), "a new worker");
            Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/")).StatusCode);
        }
    }

    [Fact]
    public async Task Term_WhileRequestsRun_AnswersThem()
    {
        using var ledger = new Ledger();
        await using LannerServer server = await LannerServer.StartAppAsync("shapes_app", environment: ledger.Environment);
        Task<string>[] running = [.. Enumerable.Range(0, 8).Select(_ => server.Client.GetStringAsync($"/paused-first?event={ledger.Path}.go"))];
        await ledger.UntilAsync("begun paused-first", 8);

        server.Signal("TERM");
        await Processes.UntilAsync(() => !Accepts(server.Address), "the listener closes");
        await File.WriteAllTextAsync(ledger.Path + ".go", "");

        Assert.All(await Task.WhenAll(running), body => Assert.Equal("now\n", body));
        Assert.Equal(0, await server.WaitForExitAsync());
    }

    [Fact]
    public async Task Queue_ThatIsFull_Is503()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("ledger"), "");
        await File.WriteAllTextAsync(folder.File("lanner.toml"), Toml("shapes_app", "workers = 1\nthreads = 1\nqueue = 1\nqueue_timeout = \"300ms\""));
        await using LannerServer server = await LannerServer.StartAsync(
            ["--config", folder.File("lanner.toml")], new Dictionary<string, string> { ["LEDGER"] = folder.File("ledger") });
        Task<string> running = server.Client.GetStringAsync($"/paused-first?event={folder.File("go")}");
        await Processes.UntilAsync(() => File.ReadAllLines(folder.File("ledger")).Length == 1, "it has begun");

        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => server.Client.GetAsync("/one")));
        await File.WriteAllTextAsync(folder.File("go"), "");

        Assert.Equal("now\n", await running);
        Assert.All(answers, answer => Assert.Equal(503, (int)answer.StatusCode));
        Assert.All(answers, answer => Assert.True(answer.Headers.Contains("Retry-After")));
        Assert.Equal(["queue-full", "queue-full", "queue-timeout"], answers.Select(answer => answer.Headers.GetValues("Lanner-Error").Single()).Order());
        Assert.Equal("one chunk\n", await server.Client.GetStringAsync("/one"));
    }

    private static string Toml(string app, string settings) => $"[app.x]\napp = \"{app}\"\ndirectory = \"{Checkout.Apps}\"\n{settings}\n";

    private static bool Accepts(Uri address)
    {
        try
        {
            using var probe = new System.Net.Sockets.TcpClient();
            probe.Connect(IPAddress.Loopback, address.Port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private static async Task<int> LoadAsync(LannerServer server, CancellationToken enough)
    {
        int count = 0;
        while (!enough.IsCancellationRequested)
        {
            using HttpResponseMessage response = await server.Client.GetAsync("/", CancellationToken.None);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            count++;
        }
        return count;
    }
}
