using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Functional.Tests;

/// <summary>
/// A server in a process of its own, on a port that the system chose. Its whole output is kept and shown when a wait
/// fails. Disposing of it sends TERM and waits; what is left then is killed.
/// </summary>
internal sealed partial class LannerServer : IAsyncDisposable
{
    /// <summary>Long enough for a machine that is busy with other tests; nothing waits for it when all is well.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Debian's interpreter, whose packages the samples use.</summary>
    public const string DebianPython = "/usr/bin/python3";

    private readonly Process _process;
    private readonly TemporaryFolder? _folder;
    private readonly List<string> _output = [];
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LannerServer(Process process, TemporaryFolder? folder)
    {
        _process = process;
        _folder = folder;
    }

    /// <summary>The address of the ready line, for example <c>http://127.0.0.1:40123</c>.</summary>
    public Uri Address { get; private set; } = null!;

    public int Pid => _process.Id;

    /// <summary>The path of the control API's socket, unless the environment or the arguments say otherwise.</summary>
    public required string ControlSocket { get; init; }

    public HttpClient Client { get; private set; } = null!;

    /// <summary>Everything written up to now, both streams, line by line.</summary>
    public string[] Output
    {
        get
        {
            lock (_output)
                return [.. _output];
        }
    }

    /// <summary>
    /// Starts <c>lanner serve</c> with these arguments on 127.0.0.1, unless <paramref name="bind"/> leaves that to the settings,
    /// and waits until it is ready.
    /// </summary>
    public static Task<LannerServer> StartAsync(string[] arguments, IReadOnlyDictionary<string, string>? environment = null, string? workingDirectory = null, string python = DebianPython, bool bind = true) =>
        StartCommandAsync(["serve", .. !bind || arguments.Contains("-b") ? Array.Empty<string>() : ["-b", "127.0.0.1:0"], .. python.Length > 0 ? ["--python", python] : Array.Empty<string>(), .. arguments], environment, workingDirectory);

    /// <summary>Starts a command line that serves, and waits until it is ready.</summary>
    /// <param name="arguments">The program's.</param>
    /// <param name="environment">More variables.</param>
    /// <param name="workingDirectory">Where it is started; by default in a directory of its own.</param>
    /// <param name="parent">A command that is given the program with its arguments, and becomes it.</param>
    public static async Task<LannerServer> StartCommandAsync(
        string[] arguments, IReadOnlyDictionary<string, string>? environment = null, string? workingDirectory = null, string[]? parent = null)
    {
        LannerServer server = Run(arguments, environment, workingDirectory, parent);
        Task first = await Task.WhenAny(server._ready.Task, server._process.WaitForExitAsync(), Task.Delay(Patience));
        if (first != server._ready.Task)
        {
            await server.DisposeAsync();
            throw new InvalidOperationException("the server did not become ready:\n" + string.Join('\n', server.Output));
        }
        string line = await server._ready.Task;
        Match address = AddressPattern().Match(line);
        if (address.Success)
            server.Address = new Uri(address.Value);
        server.Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2) })
        {
            BaseAddress = server.Address,
            Timeout = Patience,
        };
        return server;
    }

    /// <summary>Serves one of the apps in tests/apps with 2 × 8 threads unless the arguments say otherwise.</summary>
    public static Task<LannerServer> StartAppAsync(string app, string[]? arguments = null, IReadOnlyDictionary<string, string>? environment = null) =>
        StartAsync(
            [
                app, "--directory", Checkout.Apps,
                .. arguments?.Contains("--workers") == true ? Array.Empty<string>() : ["--workers", "2"],
                .. arguments?.Contains("--threads") == true ? Array.Empty<string>() : ["--threads", "8"],
                .. arguments ?? [],
            ],
            environment);

    /// <summary>Runs any command line of the program to its end.</summary>
    public static async Task<(int ExitCode, string[] Output)> RunToEndAsync(string[] arguments, IReadOnlyDictionary<string, string>? environment = null, string? workingDirectory = null)
    {
        await using LannerServer server = Run(arguments, environment, workingDirectory, null);
        await server._process.WaitForExitAsync().WaitAsync(Patience);
        return (server._process.ExitCode, server.Output);
    }

    /// <summary>Waits until a line of the output satisfies the condition, also one that was written before.</summary>
    public async Task<string> WaitForOutputAsync(Func<string, bool> condition)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            Task changed;
            lock (_output)
            {
                if (_output.Find(line => condition(line)) is { } found)
                    return found;
                changed = _changed.Task;
            }
            try
            {
                await changed.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException("the awaited line did not come:\n" + string.Join('\n', Output));
            }
        }
    }

    /// <summary>Asks the control API; the caller's to dispose of.</summary>
    public HttpClient OpenControl() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(ControlSocket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://lanner"), Timeout = Patience };

    /// <summary>Sends a signal to the front end: "TERM", "KILL" …</summary>
    public void Signal(string name) => Processes.Signal(Pid, name);

    /// <summary>Waits for the end of the front end and gives its exit code.</summary>
    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Signal("TERM");
            try
            {
                await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40));
            }
            catch (TimeoutException)
            {
                _process.Kill();
                await _process.WaitForExitAsync();
            }
        }
        Client?.Dispose();
        _process.Dispose();
        File.Delete(ControlSocket);
        _folder?.Dispose();
    }

    private static LannerServer Run(string[] arguments, IReadOnlyDictionary<string, string>? environment, string? workingDirectory, string[]? parent)
    {
        // What a server leaves where it is started goes with it.
        TemporaryFolder? own = workingDirectory is null ? new TemporaryFolder() : null;
        string[] command = [.. parent ?? [], Checkout.Server, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? own!.Path,
        };
        start.Environment.Remove("VIRTUAL_ENV");
        string control = Path.Combine(Path.GetTempPath(), $"lanner-{Guid.NewGuid():N}.sock");
        start.Environment["LANNER_CONTROL"] = $"unix:{control}";
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = new Process { StartInfo = start };
        var server = new LannerServer(process, own) { ControlSocket = control };
        process.OutputDataReceived += (_, e) => server.Take(e.Data);
        process.ErrorDataReceived += (_, e) => server.Take(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return server;
    }

    private void Take(string? line)
    {
        if (line is null)
            return;
        TaskCompletionSource changed;
        lock (_output)
        {
            _output.Add(line);
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        if (line.StartsWith("lanner: ready on ", StringComparison.Ordinal))
            _ready.TrySetResult(line);
        changed.TrySetResult();
    }

    [GeneratedRegex(@"https?://[^\s,]+")]
    private static partial Regex AddressPattern();
}
