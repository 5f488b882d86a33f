using System.Collections.Concurrent;
using System.Text.Json;
using Lanner.State.Sqlite;
using Microsoft.Extensions.Logging;

namespace Lanner.State.Replication;

/// <summary>
/// State that the nodes of a cluster share: a log that all read in the same order, and on each node a replica in SQLite made
/// of it. What changes the state is appended, and done when this node has applied it; what is read comes from the replica.
/// While the log cannot be reached nothing changes, and all that is there can be read.
/// </summary>
public sealed partial class ReplicatedState : IServerState
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(100);

    private readonly IStateLog _log;
    private readonly ReplicationOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<object?>> _pending = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly ClusterLocks _locks;
    private readonly List<(long Number, TaskCompletionSource Done)> _awaited = [];
    private SqliteState _replica = null!;
    private Task _running = Task.CompletedTask;
    private long _applied;
    private long _snapshot;
    private volatile string? _problem;
    private string? _toldProblem;
    private int _isDisposed;

    /// <param name="log">The log; disposed of with this.</param>
    /// <param name="options">How to take part.</param>
    /// <param name="time">The clock of beats and limits.</param>
    /// <param name="logger">Where troubles are told.</param>
    public ReplicatedState(IStateLog log, ReplicationOptions options, TimeProvider time, ILogger logger)
    {
        _log = log;
        _locks = new ClusterLocks(this);
        _options = options;
        _time = time;
        _logger = logger;
        _log.Told = OnTold;
        _log.ProblemChanged = OnProblemChanged;
    }

    /// <summary>Why the log cannot be reached or followed; null: it can.</summary>
    public string? Problem => _problem ?? _log.Problem;

    /// <summary>Called when nodes have come or gone, and when the log can be reached again; it returns soon.</summary>
    public Action? NodesChanged { get; set; }

    /// <summary>The node's name.</summary>
    public string Node => _options.Node;

    /// <summary>Opens the replica and has it follow the log; done when it has what the cluster had, or when that takes too long.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _replica = await OpenReplicaAsync(_options, _logger, cancellationToken);
        (_applied, _snapshot) = await _replica.ReadAsync(_replica.Progress, cancellationToken);
        Remember(await _replica.ReadAsync(_replica.Nodes, cancellationToken));
        _running = Task.Run(RunAsync, CancellationToken.None);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.CatchUpLimit);
        try
        {
            await CatchUpAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            NotCaughtUp(_logger, Problem ?? $"the log was not read to its end within {_options.CatchUpLimit.TotalSeconds:0} s", _applied);
        }
        _beating = Task.Run(BeatAsync, CancellationToken.None);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await LeaveAsync();
        await AbandonAsync();
        await Task.WhenAll(_running, _beating);
        await _log.DisposeAsync();
        if (_replica is not null)
            await _replica.DisposeAsync();
        _ending.Dispose();
    }

    /// <summary>Waits no longer for the log: what waits fails, and nothing more is applied.</summary>
    public async Task AbandonAsync()
    {
        await _ending.CancelAsync();
        foreach (Guid id in _pending.Keys)
            if (_pending.TryRemove(id, out TaskCompletionSource<object?>? waiting))
                waiting.TrySetException(new StateException("the server stops: what becomes of the change is not known"));
    }

    /// <summary>A file of its own; in memory where there can be none.</summary>
    private static async Task<SqliteState> OpenReplicaAsync(ReplicationOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        if (options.ReplicaPath is { } path)
        {
            try
            {
                return await SqliteState.OpenReplicaAsync(path, cancellationToken);
            }
            catch (StateException e)
            {
                InMemory(logger, e.Message);
            }
        }
        return await SqliteState.OpenReplicaAsync(null, cancellationToken);
    }

    /// <summary>Waits until the replica has what is acknowledged by now.</summary>
    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await ReachNewestAsync(cancellationToken);
                await SubmitAsync<bool>(new Hello(_options.About), cancellationToken);
                return;
            }
            catch (StateException)
            {
                await Task.Delay(s_retry, _time, cancellationToken);
            }
        }
    }

    /// <summary>Done when this node has applied what is acknowledged by now.</summary>
    /// <exception cref="StateException">The log cannot be reached, or is another one than before.</exception>
    internal async Task ReachNewestAsync(CancellationToken cancellationToken)
    {
        long newest = await _log.NewestAsync(cancellationToken);
        if (newest < Volatile.Read(ref _applied))
            throw new StateException($"the log of the cluster ends at entry {newest}, and this node has applied {_applied}: the log was deleted. Stop all nodes and delete their replicas to begin anew");
        await AppliedAsync(newest).WaitAsync(cancellationToken);
    }

    private Task AppliedAsync(long number)
    {
        lock (_gate)
        {
            if (_applied >= number)
                return Task.CompletedTask;
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((number, done));
            return done.Task;
        }
    }

    /// <summary>Appends a command; done when this node has applied it.</summary>
    /// <returns>What applying it gave.</returns>
    private async Task<T> SubmitAsync<T>(StateCommand command, CancellationToken cancellationToken)
    {
        if (_problem is { } problem)
            throw new StateException(problem);
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(command with { Node = _options.Node }, ReplicationJson.Default.StateCommand);
        while (true)
            if (await TrySubmitAsync<T>(content, cancellationToken) is { HasCome: true } come)
                return come.Made;
    }

    /// <returns>Whether it has come into the log: if not, it never will.</returns>
    private async Task<(bool HasCome, T Made)> TrySubmitAsync<T>(byte[] content, CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid();
        var applied = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = applied;
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        try
        {
            await _log.AppendAsync(id, content, giveUp.Token);
            return (true, (T)(await applied.Task.WaitAsync(giveUp.Token))!);
        }
        catch (LateEntryException late)
        {
            await AppliedAsync(late.Number).WaitAsync(giveUp.Token);
            return applied.Task.IsCompleted ? (true, (T)(await applied.Task)!) : (false, default!);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            throw new StateException("the server stops: what becomes of the change is not known");
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    private void OnProblemChanged()
    {
        string? problem = Problem;
        lock (_gate)
        {
            if (problem == _toldProblem)
                return;
            _toldProblem = problem;
        }
        if (problem is null)
            Reached(_logger);
        else
            NotReached(_logger, problem);
        if (problem is null)
        {
            Return();
            TellNodesChanged();
        }
    }

    [LoggerMessage(5010, LogLevel.Warning, "the state of the cluster was not reached: {Why}. This node goes on with what it knows, up to entry {Applied}, and follows as soon as it can")]
    private static partial void NotCaughtUp(ILogger log, string why, long applied);

    [LoggerMessage(5011, LogLevel.Error, "the state of the cluster cannot be changed from here: {Why}. Requests are served on with what this node has")]
    private static partial void NotReached(ILogger log, string why);

    [LoggerMessage(5012, LogLevel.Information, "the state of the cluster is in reach")]
    private static partial void Reached(ILogger log);

    [LoggerMessage(5013, LogLevel.Warning, "the replica of the cluster's state is kept in memory: {Why}")]
    private static partial void InMemory(ILogger log, string why);
}
