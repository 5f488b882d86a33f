using System.Net;

namespace Functional.Tests;

/// <summary>The README's first command.</summary>
public class HelloTests
{
    [Fact]
    public async Task Serve_Hello_Answers()
    {
        await using LannerServer server = await LannerServer.StartAsync([Checkout.Sample("hello"), "--workers", "2", "--threads", "8"]);

        using HttpResponseMessage response = await server.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("Hello, world!\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Term_WhileIdle_ExitsWithZeroAndLeavesNothing()
    {
        await using LannerServer server = await LannerServer.StartAsync([Checkout.Sample("hello")]);
        int template = Assert.Single(Processes.Children(server.Pid));
        int[] workers = Processes.Children(template);

        server.Signal("TERM");

        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.NotEmpty(workers);
        Assert.DoesNotContain(workers.Append(template), Processes.IsAlive);
    }
}
