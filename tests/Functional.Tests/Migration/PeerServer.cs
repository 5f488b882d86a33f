using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Functional.Tests.Migration;

/// <summary>Another server from Debian's packages, until the test has asked it what it wants to know.</summary>
internal sealed class PeerServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _output = [];

    private PeerServer(Process process) => _process = process;

    /// <summary>Runs a command in a directory and waits until it accepts connections.</summary>
    public static async Task<PeerServer> StartAsync(string directory, int port, IEnumerable<string> command)
    {
        string[] words = [.. command];
        var start = new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = directory };
        start.Environment["PATH"] = MigrationTests.DebianPath;
        var server = new PeerServer(new Process { StartInfo = start });
        server._process.OutputDataReceived += (_, e) => server.Take(e.Data);
        server._process.ErrorDataReceived += (_, e) => server.Take(e.Data);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        try
        {
            await Processes.UntilAsync(() => server._process.HasExited || Accepts(port), $"{words[0]} does not accept connections");
            if (server._process.HasExited)
                throw new InvalidOperationException($"{words[0]} ended");
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            await server.DisposeAsync();
            throw new InvalidOperationException($"{e.Message}:\n{string.Join('\n', server._output)}");
        }
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Processes.Signal(_process.Id, "INT");
            try
            {
                await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
            }
            catch (TimeoutException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync();
            }
        }
        _process.Dispose();
    }

    private static bool Accepts(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Take(string? line)
    {
        lock (_output)
            _output.Add(line ?? "");
    }
}
