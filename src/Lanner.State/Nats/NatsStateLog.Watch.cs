using NATS.Client.JetStream;

namespace Lanner.State.Nats;

/// <summary>Whether the log can be reached, and why not.</summary>
public sealed partial class NatsStateLog
{
    /// <summary>How often an entry of parts that are not to be found is tried before it is made sure that they are gone.</summary>
    private const int AttemptsAtParts = 5;

    private static readonly TimeSpan s_pauseAtParts = TimeSpan.FromSeconds(1);

    /// <summary>Between looks while all is well.</summary>
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(3);

    /// <summary>Between looks while it is not.</summary>
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromMilliseconds(300);

    /// <summary>So long the election of a leader may take before it is a problem; it is longer than it takes to notice that a server is dead.</summary>
    private static readonly TimeSpan s_election = TimeSpan.FromSeconds(12);

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private volatile string? _streamProblem;
    private volatile string? _full;
    private volatile bool _isReplicated;
    private string? _lastProblem;

    /// <inheritdoc/>
    public string? Problem => Unreachable ?? _full;

    /// <inheritdoc/>
    public Action? ProblemChanged { get; set; }

    /// <summary>Without what is only in the way of writing: that is tried each time, for it may have room again.</summary>
    private string? Unreachable => _connector.Problem ?? _streamProblem;

    private void RequireReachable()
    {
        ObjectDisposedException.ThrowIf(_ending.IsCancellationRequested, this);
        if (Unreachable is { } problem)
            throw new StateException(problem);
    }

    private async Task WatchAsync()
    {
        bool isMade = false;
        long well = _time.GetTimestamp();
        try
        {
            await _isListening.Task;
            while (true)
            {
                try
                {
                    await _connector.LinkAsync(patient: true, _ending.Token);
                    if (!isMade)
                        await _streams.EnsureAsync(_ending.Token);
                    LogStream stream = await LookAsync(_ending.Token);
                    _isReplicated = stream.Info.Config.NumReplicas > 1;
                    isMade = true;
                    well = _time.GetTimestamp();
                    SetStreamProblem(null);
                    _ready.TrySetResult();
                    if (_full is not null)
                        await ProbeAsync();
                    await Task.Delay(s_lookEvery, _time, _ending.Token);
                }
                catch (Exception e) when (e is LogFaultException or NatsJSApiException)
                {
                    // At the beginning there is a problem anyway, and the sooner it is the right one the better.
                    bool isPassing = e is LogFaultException { Fault: not LogFault.Refused } or NatsJSApiException { IsPassing: true };
                    bool isPlain = !isMade && (_connector.Denied is not null || e is LogFaultException { Fault: LogFault.NoResponders });
                    if (!isPassing || isPlain || _time.GetElapsedTime(well) > s_election)
                        SetStreamProblem(_streams.Explain(e));
                    await Task.Delay(s_lookAgain, _time, _ending.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            _ready.TrySetCanceled(_ending.Token);
        }
    }

    /// <summary>How far the log reaches; it has to have all that was known to be in it.</summary>
    private async Task<LogStream> LookAsync(CancellationToken cancellationToken)
    {
        long reached = _ends.Newest;
        LogStream stream = await _jetStream.StreamAsync(_streams.Log, cancellationToken);
        if (stream.Last < reached)
            throw new LogFaultException(LogFault.Behind, _streams.Behind(stream.Last, reached));
        _ends.Learn(stream);
        return stream;
    }

    /// <summary>Whether there is room again: one small message, of which one is kept.</summary>
    private async Task ProbeAsync()
    {
        try
        {
            await _jetStream.PublishAsync(_streams.Parts, $"{_streams.PartsPrefix}.probe", null, default, _ending.Token);
            SetFull(null);
        }
        catch (NatsJSApiException e) when (e.IsFull)
        {
            // Still full: it is looked at again.
        }
    }

    private void SetStreamProblem(string? problem)
    {
        _streamProblem = problem;
        Tell();
    }

    private void SetFull(string? problem)
    {
        if (_full == problem)
            return;
        _full = problem;
        Tell();
    }

    /// <summary>Tells of a problem that has become another.</summary>
    private void Tell()
    {
        string? problem;
        lock (_gate)
        {
            problem = Problem;
            if (problem == _lastProblem)
                return;
            _lastProblem = problem;
        }
        if (problem is null)
            Usable(_log);
        // What is wrong with the connection has been told of by itself.
        else if (_connector.Problem is null)
            Unusable(_log, problem);
        ProblemChanged?.Invoke();
    }
}
