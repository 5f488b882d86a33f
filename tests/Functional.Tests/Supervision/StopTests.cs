using System.Net;

namespace Functional.Tests.Supervision;

/// <summary>How the server says that it stops, and what it leaves.</summary>
public class StopTests
{
    [Fact]
    public async Task Term_WithDrainDelay_SaysNotReadyAndServesOn()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1", "health = \"/-\"\ndrain_delay = \"10m\"");
        Assert.Equal("ok\n", await server.Client.GetStringAsync("/-/ready"));

        server.Signal("TERM");
        await Processes.UntilAsync(() => server.Client.GetAsync("/-/ready").Result.StatusCode == HttpStatusCode.ServiceUnavailable, "it says that it is not ready");

        using HttpResponseMessage response = await server.Client.GetAsync("/version");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.ConnectionClose);
        Assert.Equal("ok\n", await server.Client.GetStringAsync("/-/live"));
        server.Signal("TERM"); // the second one is in a hurry
        Assert.Equal(0, await server.WaitForExitAsync());
    }

    [Fact]
    public async Task Term_WithARequestThatDoesNotEnd_NamesItAndFails()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1\ndrain_timeout = \"300ms\"");
        Task<HttpResponseMessage> hanging = server.Client.GetAsync("/hang");
        await deployment.Ledger.UntilAsync("begun hang", 1);

        server.Signal("TERM");

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains(server.Output, line => line.Contains("cut off GET /hang ", StringComparison.Ordinal));
        await Assert.ThrowsAnyAsync<Exception>(() => hanging);
    }

    [Fact]
    public async Task Health_IsAnsweredWhileEveryThreadIsBusy()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1\nthreads = 1", "health = \"/-\"");
        string go = deployment.Path("go");
        Task<string> running = server.Client.GetStringAsync($"/await?event={go}");
        await deployment.Ledger.UntilAsync("begun await", 1);

        Assert.Equal("ok\n", await server.Client.GetStringAsync("/-/live"));
        Assert.Equal("ok\n", await server.Client.GetStringAsync("/-/ready"));

        await File.WriteAllTextAsync(go, "");
        Assert.Equal("done\n", await running);
    }
}
