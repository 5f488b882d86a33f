using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Lanner.State.Tests.Nats;

/// <summary>A nats-server on a free port of the loopback, with its own store, until it is disposed of.</summary>
internal sealed class NatsServerProcess : IAsyncDisposable
{
    private static int s_nextPort = Random.Shared.Next(20_000, 30_000);

    private readonly string _directory = Directory.CreateTempSubdirectory("lanner-nats-").FullName;
    private readonly string[] _arguments;
    private readonly int _monitor;
    private Process? _process;

    /// <param name="configuration">Lines of its configuration beside ports and store.</param>
    /// <param name="port">Of clients; 0: a free one.</param>
    /// <param name="jetStream">What stands in its block jetstream; null: it has none.</param>
    public NatsServerProcess(string configuration = "", int port = 0, string? jetStream = "")
    {
        Port = port == 0 ? FreePort() : port;
        _monitor = FreePort();
        string file = Path.Combine(_directory, "nats.conf");
        string store = jetStream is null ? "" : $"jetstream {{ store_dir: \"{_directory}\"\n{jetStream}\n}}";
        File.WriteAllText(file, $"listen: 127.0.0.1:{Port}\nhttp: \"127.0.0.1:{_monitor}\"\n{store}\n{configuration}\n");
        _arguments = ["-c", file, "-l", Path.Combine(_directory, "nats.log")];
    }

    public int Port { get; }

    public string Address => $"nats://127.0.0.1:{Port}";

    public string Log => File.ReadAllText(Path.Combine(_directory, "nats.log"));

    /// <summary>A port that nobody has, of those that the system does not give to outgoing connections; each only once.</summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = Interlocked.Increment(ref s_nextPort);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }

    /// <summary>Starts it and waits until it lets clients in.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("nats-server", _arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            Assert.False(_process.HasExited, _process.HasExited ? await _process.StandardError.ReadToEndAsync(limit.Token) : "");
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port, limit.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(20, limit.Token);
            }
        }
    }

    /// <summary>
    /// Waits until it has all that the others have. NATS 2.9.10 was seen to lose acknowledged messages when the next server ends
    /// while another still catches up.
    /// </summary>
    public async Task UntilCurrentAsync()
    {
        using var client = new HttpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri($"http://127.0.0.1:{_monitor}/healthz"), limit.Token);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It has just been started.
            }
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task KillAsync()
    {
        Signal("KILL");
        await _process!.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Holds it: it keeps its connections, and does nothing.</summary>
    public void Pause() => Signal("STOP");

    public void Resume() => Signal("CONT");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private void Signal(string name)
    {
        using Process sender = Process.Start("kill", ["-s", name, $"{_process!.Id}"]);
        sender.WaitForExit();
        Assert.Equal(0, sender.ExitCode);
    }
}
