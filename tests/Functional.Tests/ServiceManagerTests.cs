using System.Net.Sockets;
using System.Text;

namespace Functional.Tests;

/// <summary>What a service manager hears of the server, from its start to its end.</summary>
public class ServiceManagerTests
{
    [Fact]
    public async Task Server_FromStartToStop_TellsItsState()
    {
        using var folder = new TemporaryFolder();
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(folder.File("notify")));
        // LISTEN_FDS and NOTIFY_SOCKET are not the apps' matter: InheritedSocketTests.
        var environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = folder.File("notify"), ["WATCHDOG_USEC"] = "200000" };
        await using LannerServer server = await LannerServer.StartAppAsync("app_only", environment: environment);

        string ready = $"READY=1\nSTATUS=ready on {server.Address.OriginalString} (app_only, 2 workers × 8 threads)\nMAINPID={server.Pid}";
        Assert.Equal(ready, await ReceiveAsync(manager));
        for (int beat = 0; beat < 3; beat++)
            Assert.Equal("WATCHDOG=1", await ReceiveAsync(manager));
        server.Signal("HUP");
        Assert.StartsWith("RELOADING=1\nMONOTONIC_USEC=", await ReceiveStateAsync(manager), StringComparison.Ordinal);
        Assert.Equal(ready, await ReceiveStateAsync(manager));
        server.Signal("TERM");

        Assert.Equal("STOPPING=1", await ReceiveStateAsync(manager));
        Assert.Equal(0, await server.WaitForExitAsync());
    }

    private static async Task<string> ReceiveStateAsync(Socket manager)
    {
        while (true)
        {
            string message = await ReceiveAsync(manager);
            if (message != "WATCHDOG=1")
                return message;
        }
    }

    private static async Task<string> ReceiveAsync(Socket manager)
    {
        byte[] buffer = new byte[4096];
        int count = await manager.ReceiveAsync(buffer).WaitAsync(LannerServer.Patience);
        return Encoding.UTF8.GetString(buffer, 0, count);
    }
}
