using System.Diagnostics;
using System.Net.Sockets;

namespace Functional.Tests;

/// <summary>Where the server listens, and what INT does.</summary>
public class BindTests
{
    [Fact]
    public async Task UnixSocket_LeftByADeadServer_IsReplacedAndServes()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("server.sock");
        // .NET removes the file of a socket that it closes; a server that is killed does not.
        using (Process dead = Process.Start(LannerServer.DebianPython, ["-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", path]))
            await dead.WaitForExitAsync();
        Assert.True(File.Exists(path));
        await using LannerServer server = await LannerServer.StartAppAsync("environ_app", ["-b", $"unix:{path}"]);
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });

        string environ = await client.GetStringAsync("http://shop.example.com/over/unix");

        Assert.Contains("\"/over/unix\"", environ, StringComparison.Ordinal);
        Assert.Contains("\"SERVER_NAME\": \"shop.example.com\"", environ, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Address_InUse_IsOneSentence()
    {
        await using LannerServer first = await LannerServer.StartAppAsync("environ_app");

        (int code, string[] output) = await LannerServer.RunToEndAsync(
            ["serve", "environ_app", "--directory", Checkout.Apps, "--python", LannerServer.DebianPython, "-b", $"127.0.0.1:{first.Address.Port}"]);

        Assert.Equal(1, code);
        Assert.Contains("in use", Assert.Single(output), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.1:8000", "cannot listen on 192.0.2.1:8000: Cannot assign requested address")]
    [InlineData("unix:/nowhere/server.sock", "cannot listen on /nowhere/server.sock: there is no directory /nowhere")]
    public async Task Address_ThatCannotBeHad_IsOneSentence(string address, string sentence)
    {
        (int code, string[] output) = await LannerServer.RunToEndAsync(
            ["serve", "environ_app", "--directory", Checkout.Apps, "--python", LannerServer.DebianPython, "-b", address]);

        Assert.Equal((1, $"lanner: {sentence}"), (code, Assert.Single(output)));
    }

    [Fact]
    public async Task Int_WhileARequestHangs_EndsEverythingAtOnce()
    {
        using var ledger = new Ledger();
        await using LannerServer server = await LannerServer.StartAppAsync("harm_app", environment: ledger.Environment);
        int template = Assert.Single(Processes.Children(server.Pid));
        int[] workers = Processes.Children(template);
        Task<HttpResponseMessage> hanging = server.Client.GetAsync("/hang");
        await ledger.UntilAsync("begun hang", 1);

        server.Signal("INT");

        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.DoesNotContain(workers.Append(template), Processes.IsAlive);
        Assert.DoesNotContain(server.Output, line => line.Contains("is replaced", StringComparison.Ordinal));
        await Assert.ThrowsAnyAsync<Exception>(() => hanging);
    }
}
