using System.Net;

namespace Functional.Tests.Supervision;

/// <summary>Requests that run for too long.</summary>
public class DeadlineTests
{
    [Theory]
    [InlineData("/sleep", "in application")]
    [InlineData("/lock", "in application")]
    [InlineData("/spin", "in spin")]
    [InlineData("/hang", "in wait")]
    [InlineData("/hang-deaf", "in hang_deaf")]
    [InlineData("/hang-gil", "in hang_gil")]
    public async Task Request_BeyondItsTime_Is504AndTheLogHoldsItsStackAndTheWorkerIsReplaced(string path, string frame)
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1\nthreads = 2\nrequest_timeout = \"500ms\"");
        int template = Assert.Single(Processes.Children(server.Pid));
        int stuck = Assert.Single(Processes.Children(template));

        using HttpResponseMessage response = await server.Client.GetAsync(path);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal("request-timeout", response.Headers.GetValues("Lanner-Error").Single());
        await server.WaitForOutputAsync(line => line.Contains($"thread 0, GET {path} ", StringComparison.Ordinal));
        await server.WaitForOutputAsync(line => line.Contains("_app.py\"", StringComparison.Ordinal) || line.Contains("threading.py\"", StringComparison.Ordinal));
        await server.WaitForOutputAsync(line => line.TrimStart().StartsWith("File ", StringComparison.Ordinal) && line.EndsWith(frame, StringComparison.Ordinal));
        await server.WaitForOutputAsync(line => line.Contains($"(pid {stuck}) is replaced (RequestTimeout)", StringComparison.Ordinal));
        Assert.Equal("one", await server.Client.GetStringAsync("/version"));
        await Processes.UntilAsync(() => !Processes.IsAlive(stuck), "the stuck worker has ended");
    }

    [Fact]
    public async Task Request_BeyondItsTime_HarmsNoneBesideIt()
    {
        using var deployment = new Deployment();
        string go = deployment.Path("go");
        await using LannerServer server = await deployment.StartAsync(
            "workers = 1\nthreads = 2\nrequest_timeout = { default = \"500ms\", \"/await\" = \"none\" }");
        Task<string> beside = server.Client.GetStringAsync($"/await?event={go}");
        await deployment.Ledger.UntilAsync("begun await", 1);

        using HttpResponseMessage response = await server.Client.GetAsync("/sleep");
        await server.WaitForOutputAsync(line => line.Contains("is replaced (RequestTimeout)", StringComparison.Ordinal));
        Assert.False(beside.IsCompleted);
        await File.WriteAllTextAsync(go, "");

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal("done\n", await beside);
    }

    [Fact]
    public async Task Answer_ThatGoesOn_MayTakeLonger()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1\nrequest_timeout = \"1s\"");

        // Two seconds, a piece every quarter.
        Assert.Equal("0\n1\n2\n3\n4\n5\n6\n7\n", await server.Client.GetStringAsync("/trickle"));
    }

    [Fact]
    public async Task Answer_ThatStopsMidway_IsCutOff()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1\nrequest_timeout = \"500ms\"");

        await Assert.ThrowsAsync<HttpRequestException>(() => server.Client.GetStringAsync("/hang-midway"));

        await server.WaitForOutputAsync(line => line.Contains("is replaced (RequestTimeout)", StringComparison.Ordinal));
        Assert.Equal("one", await server.Client.GetStringAsync("/version"));
    }

    [Fact]
    public async Task Usr2_LogsWhatRuns()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1");
        string go = deployment.Path("go");
        Task<string> running = server.Client.GetStringAsync($"/await?event={go}");
        await deployment.Ledger.UntilAsync("begun await", 1);

        server.Signal("USR2");

        await server.WaitForOutputAsync(line => line.Contains("thread 0, GET /await?event=", StringComparison.Ordinal));
        await server.WaitForOutputAsync(line => line.EndsWith("in await_file", StringComparison.Ordinal));
        await File.WriteAllTextAsync(go, "");
        Assert.Equal("done\n", await running);
    }
}
