using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Functional.Tests;

/// <summary>
/// A process that holds listening sockets and starts the server on them, again and again, as a service manager does
/// (tests/apps/socket_parent.py). Disposing of it kills the server.
/// </summary>
internal sealed class SocketParent : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _lines = [];
    private readonly Process _process;
    private readonly string _kind;
    private int _started;

    private SocketParent(string kind, Process process) => (_kind, _process) = (kind, process);

    /// <summary>Where the sockets are, in the order of their descriptors.</summary>
    public EndPoint[] Addresses { get; private set; } = [];

    /// <summary>Everything written up to now by the parent and the servers.</summary>
    public string[] Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    /// <summary>Binds the sockets and waits until they are there; no server yet.</summary>
    /// <param name="kind"><c>tcp</c> or <c>unix</c>.</param>
    /// <param name="how"><c>passed</c> by LISTEN_FDS, or <c>given</c> by the options alone.</param>
    /// <param name="count">How many sockets.</param>
    /// <param name="arguments">The server's, after <c>serve</c>.</param>
    /// <param name="environment">Variables of the server.</param>
    public static async Task<SocketParent> StartAsync(string kind, string how, int count, string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = new Process();
        var parent = new SocketParent(kind, process);
        string[] command = [Checkout.Server, "serve", "--directory", Checkout.Apps, "--python", LannerServer.DebianPython, .. arguments];
        process.StartInfo = new ProcessStartInfo(
            LannerServer.DebianPython,
            [Path.Combine(Checkout.Apps, "socket_parent.py"), kind, count.ToString(CultureInfo.InvariantCulture), parent._folder.Path, how, .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        process.StartInfo.Environment.Remove("VIRTUAL_ENV");
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            process.StartInfo.Environment[name] = value;
        process.OutputDataReceived += (_, e) => parent.Take(e.Data);
        process.ErrorDataReceived += (_, e) => parent.Take(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await parent.UntilAsync("address ", count);
        parent.Addresses = [.. parent.Find("address ").Select(parent.Parse)];
        return parent;
    }

    /// <summary>Starts the server, waits until it is ready and returns its process.</summary>
    public async Task<int> StartServerAsync()
    {
        await _process.StandardInput.WriteLineAsync("start");
        await _process.StandardInput.FlushAsync();
        _started++;
        await UntilAsync("started ", _started);
        await UntilAsync("lanner: ready on ", _started);
        return int.Parse(Find("started ")[^1], CultureInfo.InvariantCulture);
    }

    /// <summary>Waits for the end of a server and gives its exit code; minus a signal's number.</summary>
    public async Task<int> WaitForExitAsync(int server)
    {
        await UntilAsync($"ended {server} ", 1);
        return int.Parse(Find($"ended {server} ")[0], CultureInfo.InvariantCulture);
    }

    /// <summary>Connects to one of the sockets; fails when it refuses.</summary>
    public async Task<Socket> ConnectAsync(int socket = 0)
    {
        EndPoint address = Addresses[socket];
        var client = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(address);
        return client;
    }

    /// <summary>Sends a request on a connection of its own and gives the status line of the answer.</summary>
    public static async Task<string> AskAsync(Socket client)
    {
        using (client)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"u8.ToArray());
            var answer = new StringBuilder();
            byte[] buffer = new byte[4096];
            while (await client.ReceiveAsync(buffer).WaitAsync(LannerServer.Patience) is > 0 and int count)
                answer.Append(Encoding.Latin1.GetString(buffer, 0, count));
            return answer.ToString().Split("\r\n")[0];
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(LannerServer.Patience);
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task UntilAsync(string start, int count)
    {
        try
        {
            await Processes.UntilAsync(() => Find(start).Length >= count, start);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{count} × \"{start}\" did not come:\n{string.Join('\n', Lines)}");
        }
    }

    /// <summary>What follows the start in the lines that have it.</summary>
    private string[] Find(string start) =>
        [.. Lines.Where(line => line.StartsWith(start, StringComparison.Ordinal)).Select(line => line[start.Length..])];

    private EndPoint Parse(string address) => _kind == "tcp" ? IPEndPoint.Parse(address) : new UnixDomainSocketEndPoint(address);

    private void Take(string? line)
    {
        if (line is null)
            return;
        lock (_lines)
            _lines.Add(line);
    }
}
