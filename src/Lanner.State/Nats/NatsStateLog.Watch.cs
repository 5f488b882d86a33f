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
    private string? Unreachable => _connection.Problem ?? _streamProblem;

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
            await _connection.SubscribeAsync(_streams.Told, message => _told.Writer.TryWrite(message), _ending.Token);
            while (true)
            {
                try
                {
                    await _connection.LinkAsync(patient: true, _ending.Token);
                    if (!isMade)
                        await _streams.EnsureAsync(_ending.Token);
                    StreamInfo info = await LookAsync(_ending.Token);
                    _isReplicated = info.Config?.NumReplicas > 1;
                    isMade = true;
                    well = _time.GetTimestamp();
                    SetStreamProblem(null);
                    _ready.TrySetResult();
                    if (_full is not null)
                        await ProbeAsync();
                    await Task.Delay(s_lookEvery, _time, _ending.Token);
                }
                catch (Exception e) when (e is NatsException or JetStreamException)
                {
                    // At the beginning there is a problem anyway, and the sooner it is the right one the better.
                    bool isPassing = e is NatsException { Failure: not NatsFailure.Refused } or JetStreamException { IsPassing: true };
                    bool isPlain = !isMade && (_connection.Denied is not null || e is NatsException { Failure: NatsFailure.NoResponders });
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
    private async Task<StreamInfo> LookAsync(CancellationToken cancellationToken)
    {
        long reached = _ends.Newest;
        StreamInfo info = await _jetStream.StreamAsync(_streams.Log, cancellationToken);
        if (info.State.LastSeq < reached)
            throw new NatsException(NatsFailure.Behind, _streams.Behind(info.State.LastSeq, reached));
        _ends.Learn(info);
        return info;
    }

    /// <summary>Whether there is room again: one small message, of which one is kept.</summary>
    private async Task ProbeAsync()
    {
        try
        {
            await _jetStream.PublishAsync(_streams.Parts, $"{_streams.PartsPrefix}.probe", default, default, _ending.Token);
            SetFull(null);
        }
        catch (JetStreamException e) when (e.IsFull)
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
        else if (_connection.Problem is null)
            Unusable(_log, problem);
        ProblemChanged?.Invoke();
    }
}
