using Microsoft.Extensions.Logging;

namespace Lanner.State.Nats;

/// <summary>
/// Keeps a link to one of the servers of NATS: to the next one as soon as one is lost. The library could connect anew by itself. It would
/// then keep what was to be sent and give it to the next server, whenever that comes, while we have said long since that it was
/// not sent; and it tells nobody why a server cannot be reached.
/// </summary>
internal sealed partial class NatsConnector : IAsyncDisposable
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(3);

    /// <summary>Another server is tried for so long before a lost connection becomes a problem.</summary>
    private static readonly TimeSpan s_unnoticed = TimeSpan.FromSeconds(1);

    private readonly NatsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly NatsServers _servers;
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationToken _ended;
    private readonly Task _running;
    private volatile NatsLink? _link;
    private volatile string? _problem;
    private volatile string? _denied;
    private volatile TaskCompletionSource _change = NewChange();

    public NatsConnector(NatsOptions options, TimeProvider time, ILogger log)
    {
        _options = options;
        _time = time;
        _log = log;
        _ended = _ending.Token;
        _servers = new NatsServers(options.Address);
        _problem = $"{options.Address} has not answered yet";
        _running = Task.Run(RunAsync);
    }

    /// <summary>Why there is no link, a sentence for the user; null: there is one, or a lost one is about to be replaced.</summary>
    public string? Problem => _problem;

    /// <summary>What the server last forbade this user to do, a sentence; null: nothing.</summary>
    public string? Denied => _denied;

    /// <summary>Called when <see cref="Problem"/> has become another; it returns soon.</summary>
    public Action? ProblemChanged { get; set; }

    /// <summary>The link that there is; null: none at the moment.</summary>
    public NatsLink? Link => _link is { Lost.IsCancellationRequested: false } link ? link : null;

    /// <summary>The link, as soon as there is one.</summary>
    /// <param name="patient">Whether to wait also while there is a <see cref="Problem"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LogFaultException">There is a problem.</exception>
    public async Task<NatsLink> LinkAsync(bool patient, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change = _change.Task;
            if (Link is { } link)
                return link;
            if (!patient && _problem is { } problem)
                throw new LogFaultException(LogFault.NotSent, problem);
            _ended.ThrowIfCancellationRequested();
            await change.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
        Changed();
        _ending.Dispose();
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        TimeSpan pause = s_firstPause;
        Task closing = Task.CompletedTask;
        while (!_ended.IsCancellationRequested)
        {
            long began = _time.GetTimestamp();
            NatsLink? link = await TryServersAsync();
            if (link is not null)
            {
                Begin(link);
                began = _time.GetTimestamp();
                await EndAsync(link);
                // What is left of it does not hold up the next.
                closing = Task.WhenAll(closing, link.DisposeAsync().AsTask());
            }
            // A server that lets us in and throws us out again is not asked without end.
            if (link is not null && _time.GetElapsedTime(began) > s_longestPause)
                pause = s_firstPause;
            else
                pause = await PauseAsync(pause);
        }
        await closing;
    }

    /// <summary>Waits, by chance a little shorter or longer so that many clients do not come at once; the next time twice as long.</summary>
    private async Task<TimeSpan> PauseAsync(TimeSpan pause)
    {
        await Task.Delay(pause * (0.75 + Random.Shared.NextDouble() / 2), _time, _ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_longestPause.Ticks));
    }

    /// <summary>Each server once; null: none can be reached.</summary>
    private async Task<NatsLink?> TryServersAsync()
    {
        long began = _time.GetTimestamp();
        NatsEndpoint[] servers = _servers.NextRound();
        var problems = new List<string>();
        foreach (NatsEndpoint server in servers)
        {
            _denied = null;
            try
            {
                return await NatsLink.OpenAsync(server, _options, Deny, _time, _ended);
            }
            catch (LogFaultException e)
            {
                problems.Add(e.Message);
                if (problems.Count == servers.Length || _time.GetElapsedTime(began) > s_unnoticed)
                {
                    string problem = string.Join("; ", problems);
                    if (_problem != problem)
                        Unreachable(_log, problem);
                    SetProblem(problem);
                }
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
        return null;
    }

    private void Begin(NatsLink link)
    {
        _servers.Use(link.Server);
        _link = link;
        Changed();
        SetProblem(null);
        Connected(_log, link.Where, link.Info.Name, link.Info.Version);
    }

    private async Task EndAsync(NatsLink link)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, link.Lost).WaitAsync(_ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _link = null;
        // Told at the beginning, and again whenever a server came or went.
        _servers.Learn(link.Info.ClientConnectUrls);
        if (!_ended.IsCancellationRequested)
            Lost(_log, link.Where, link.Reason);
    }

    private void Changed() => Interlocked.Exchange(ref _change, NewChange()).TrySetResult();

    private void SetProblem(string? problem)
    {
        if (_problem == problem)
            return;
        _problem = problem;
        Changed();
        ProblemChanged?.Invoke();
    }

    private void Deny(string error)
    {
        _denied = $"the user of {_options.Address} lacks a permission: {error}. Allow it to publish and subscribe to {_options.Cluster}.>, $JS.> and _INBOX.>";
        Denial(_log, _denied);
    }

    [LoggerMessage(5101, LogLevel.Information, "connected to {Where}, {Server}, nats-server {Version}")]
    private static partial void Connected(ILogger log, string where, string server, string version);

    [LoggerMessage(5102, LogLevel.Warning, "the connection to {Where} is lost: {Why}; it is being made anew")]
    private static partial void Lost(ILogger log, string where, string why);

    [LoggerMessage(5103, LogLevel.Warning, "{Why}; it is tried again without end")]
    private static partial void Unreachable(ILogger log, string why);

    [LoggerMessage(5104, LogLevel.Warning, "{Why}")]
    private static partial void Denial(ILogger log, string why);
}
