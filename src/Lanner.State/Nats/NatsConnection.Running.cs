using Microsoft.Extensions.Logging;

namespace Lanner.State.Nats;

/// <summary>How the connection is made, and made anew.</summary>
internal sealed partial class NatsConnection
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(3);

    /// <summary>Another server is tried for so long before a lost connection becomes a problem.</summary>
    private static readonly TimeSpan s_unnoticed = TimeSpan.FromSeconds(1);

    private async Task RunAsync()
    {
        TimeSpan pause = s_firstPause;
        while (!_ended.IsCancellationRequested)
        {
            long began = _time.GetTimestamp();
            NatsLink? link = await TryServersAsync();
            if (link is not null && await TryBeginAsync(link))
            {
                SetProblem(null);
                Connected(_log, _options.Address.Of(link.Server), link.Info.ServerName, link.Info.Version);
                began = _time.GetTimestamp();
                await EndAsync(link);
            }
            // A server that lets us in and throws us out again is not asked without end.
            if (link is not null && _time.GetElapsedTime(began) > s_longestPause)
                pause = s_firstPause;
            else
                pause = await PauseAsync(pause);
        }
        FailRequests();
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
            try
            {
                return await NatsLink.OpenAsync(server, _options, Take, _time, _ended);
            }
            catch (NatsException e)
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

    /// <summary>Subscribes to all that was subscribed to; then it is there for everybody.</summary>
    private async Task<bool> TryBeginAsync(NatsLink link)
    {
        _servers.Use(link);
        _denied = null;
        try
        {
            // First the link is to be seen, then the list is read: who comes in between does it twice, which is no harm.
            _link = link;
            foreach ((long number, Subscription subscription) in _subscriptions)
                await link.SendAsync((subscription.Subject, number), static (output, what) => NatsCommands.Subscribe(output, what.Subject, what.number), _ended);
            Changed();
            return true;
        }
        catch (Exception e) when (e is NatsException or OperationCanceledException)
        {
            await EndAsync(link);
            return false;
        }
    }

    private async Task EndAsync(NatsLink link)
    {
        await link.Ended.WaitAsync(_ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _link = null;
        await link.DisposeAsync();
        FailRequests();
        if (!_ended.IsCancellationRequested)
            Lost(_log, _options.Address.Of(link.Server), link.Reason);
    }

    private void FailRequests()
    {
        foreach (TaskCompletionSource<NatsMessage> waiting in _requests.Values)
            waiting.TrySetException(new NatsException(NatsFailure.NoAnswer, "the connection to NATS was lost before the answer"));
    }

    [LoggerMessage(5101, LogLevel.Information, "connected to {Where}, {Server}, nats-server {Version}")]
    private static partial void Connected(ILogger log, string where, string server, string version);

    [LoggerMessage(5102, LogLevel.Warning, "the connection to {Where} is lost: {Why}; it is being made anew")]
    private static partial void Lost(ILogger log, string where, string why);

    [LoggerMessage(5103, LogLevel.Warning, "{Why}; it is tried again without end")]
    private static partial void Unreachable(ILogger log, string why);

    [LoggerMessage(5104, LogLevel.Warning, "{Why}")]
    private static partial void Refused(ILogger log, string why);
}
