using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Functional.Tests;

/// <summary>Listening on sockets that the parent process holds, as a service manager does.</summary>
public class InheritedSocketTests
{
    private const string Ok = "HTTP/1.1 200 OK";

    [Theory]
    [InlineData("tcp", "given", "KILL", -9)]
    [InlineData("tcp", "passed", "KILL", -9)]
    [InlineData("unix", "given", "KILL", -9)]
    [InlineData("unix", "passed", "KILL", -9)]
    [InlineData("tcp", "passed", "TERM", 0)]
    [InlineData("unix", "given", "TERM", 0)]
    [InlineData("unix", "passed", "INT", 0)]
    public async Task Server_EndedAndStartedAgain_RefusesNoConnection(string kind, string how, string signal, int code)
    {
        await using SocketParent parent = await SocketParent.StartAsync(kind, how, 1, ["app_only", "--workers", "1", .. Bind(how)]);
        int server = await parent.StartServerAsync();
        var load = new Load(parent);
        Task[] clients = [.. Enumerable.Range(0, 4).Select(_ => load.RunAsync())];
        await Processes.UntilAsync(() => load.Answered >= 20, "the clients are answered");

        Processes.Signal(server, signal);
        Assert.Equal(code, await parent.WaitForExitAsync(server));
        load.IsDown = true;
        Socket[] connected = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => parent.ConnectAsync()));
        Task<string>[] waiting = [.. connected.Select(SocketParent.AskAsync)];
        await parent.StartServerAsync();

        Assert.All(await Task.WhenAll(waiting), status => Assert.Equal(Ok, status));
        load.IsEnough = true;
        // A client that was refused, or lost what it asked while no server was there, has thrown.
        await Task.WhenAll(clients);
    }

    [Fact]
    public async Task Processes_OfApps_KnowNothingOfTheSocketsAndTheServiceManager()
    {
        string[] names = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"];
        var environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = "/nowhere", ["WATCHDOG_PID"] = "1", ["WATCHDOG_USEC"] = "1000000" };
        await using SocketParent parent = await SocketParent.StartAsync("unix", "passed", 4, ["app_only", "--workers", "2"], environment);

        int server = await parent.StartServerAsync();

        string[] sockets = [.. Enumerable.Range(3, 4).Select(number => Target($"/proc/{server}/fd/{number}"))];
        Assert.All(sockets, socket => Assert.StartsWith("socket:", socket, StringComparison.Ordinal));
        Assert.Superset(names.ToHashSet(), Variables(server));
        int template = Assert.Single(Processes.Children(server));
        foreach (int process in Processes.Children(template).Append(template))
        {
            Assert.Empty(Directory.GetFiles($"/proc/{process}/fd").Select(Target).Intersect(sockets));
            Assert.Empty(Variables(process).Intersect(names));
        }
        for (int socket = 0; socket < 4; socket++)
            Assert.Equal(Ok, await SocketParent.AskAsync(await parent.ConnectAsync(socket)));
    }

    [Fact]
    public async Task TlsCertificate_PassedTcpSocket_SpeaksTls()
    {
        using var folder = new TemporaryFolder();
        using var key = ECDsa.Create();
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
        await File.WriteAllTextAsync(folder.File("both.pem"), certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        await using SocketParent parent = await SocketParent.StartAsync("tcp", "passed", 1, ["app_only", "--workers", "1", "--tls-certificate", folder.File("both.pem")]);
        await parent.StartServerAsync();
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString();
        using var client = new HttpClient(handler) { Timeout = LannerServer.Patience };

        using HttpResponseMessage response = await client.GetAsync(new Uri($"https://{parent.Addresses[0]}/"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Descriptor_ThatIsNotOpen_IsOneSentence()
    {
        (int code, string[] output) = await LannerServer.RunToEndAsync(
            ["serve", "app_only", "--directory", Checkout.Apps, "--python", LannerServer.DebianPython, "-b", "fd:777"]);

        Assert.Equal(1, code);
        Assert.StartsWith("lanner: fd:777 is not an open socket", Assert.Single(output), StringComparison.Ordinal);
    }

    private static string[] Bind(string how) => how == "given" ? ["-b", "fd:3"] : [];

    private static HashSet<string> Variables(int process) =>
        [.. File.ReadAllText($"/proc/{process}/environ").Split('\0').Select(entry => entry.Split('=')[0])];

    /// <summary>What a descriptor is; a worker may close one meanwhile.</summary>
    private static string Target(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>Clients that connect again and again. One whose server ends while it is answered may lose its answer; no other.</summary>
    private sealed class Load(SocketParent parent)
    {
        private int _answered;

        /// <summary>What is asked from now on has no server to lose it.</summary>
        public volatile bool IsDown;

        public volatile bool IsEnough;

        public int Answered => Volatile.Read(ref _answered);

        public async Task RunAsync()
        {
            while (!IsEnough)
            {
                bool mayBeCut = !IsDown;
                Socket client = await parent.ConnectAsync();
                try
                {
                    string status = await SocketParent.AskAsync(client);
                    if (status.Length == 0 && mayBeCut)
                        continue;
                    Assert.Equal(Ok, status);
                    Interlocked.Increment(ref _answered);
                }
                catch (SocketException) when (mayBeCut)
                {
                    // Its server was killed.
                }
            }
        }
    }
}
