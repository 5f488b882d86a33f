using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Functional.Tests.Metrics;

namespace Functional.Tests.Forks;

/// <summary>The setting <c>fork = { on_shared = … }</c>, on a connection that no repair knows.</summary>
public sealed class OnSharedTests : IDisposable
{
    private readonly TcpListener _peer = new(IPAddress.Loopback, 0);
    private readonly TemporaryFolder _folder = new();

    public OnSharedTests() => _peer.Start();

    private int Port => ((IPEndPoint)_peer.LocalEndpoint).Port;

    private Dictionary<string, string> Variables => new() { ["PORT"] = Port.ToString(CultureInfo.InvariantCulture) };

    [Fact]
    public async Task Default_ConnectionThreadAndLock_AreNamedOnceAndTheConnectionIsCutOff()
    {
        await using LannerServer server = await StartAsync("");

        Assert.Equal("BrokenPipeError", (await server.CallAsync("/use")).Result.GetString());

        string[] told = [.. server.Output.Where(line => line.Contains("fork: ", StringComparison.Ordinal))];
        Assert.Single(told, line => line.Contains($"shared_app.py:8 connected to 127.0.0.1:{Port}", StringComparison.Ordinal));
        Assert.Single(told, line => line.Contains("the thread 'stock-keeper'", StringComparison.Ordinal));
        Assert.Single(told, line => line.Contains("the lock shared_app.lock", StringComparison.Ordinal) && line.Contains("shared_app.py:9", StringComparison.Ordinal));
        Assert.Equal(3, told.Length);
        MetricsScrape metrics = await MetricsScrape.OfAsync(server);
        Assert.Equal(3, metrics[Assert.Single(metrics.Names, name => name.StartsWith("lanner_fork_hazards{", StringComparison.Ordinal))]);
    }

    [Fact]
    public async Task Warn_Connection_IsNamedAndLeftAlone()
    {
        await using LannerServer server = await StartAsync("fork = { on_shared = \"warn\" }");

        Assert.Equal("sent", (await server.CallAsync("/use")).Result.GetString());
        Assert.Single(server.Output, line => line.Contains("may cross", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refuse_Connection_AppDoesNotStart()
    {
        Write("fork = { on_shared = \"refuse\" }");

        (int code, string[] output) = await LannerServer.RunToEndAsync(["serve", "-b", "127.0.0.1:0", "--config", _folder.File("lanner.toml")], Variables);

        Assert.Equal(3, code);
        Assert.Contains(output, line => line.Contains($"shared_app.py:8 connected to 127.0.0.1:{Port}", StringComparison.Ordinal) && line.Contains("on_shared", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _peer.Dispose();
        _folder.Dispose();
    }

    private Task<LannerServer> StartAsync(string settings)
    {
        Write(settings);
        return LannerServer.StartAsync(["--config", _folder.File("lanner.toml")], Variables, python: "");
    }

    private void Write(string settings) => File.WriteAllText(
        _folder.File("lanner.toml"),
        $"[app.x]\napp = \"shared_app\"\ndirectory = \"{Path.Combine(Checkout.Apps, "forks")}\"\npython = \"{LannerServer.DebianPython}\"\nworkers = 3\nthreads = 2\n{settings}\n");
}
