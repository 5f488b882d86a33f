using Lanner.State.Locks;
using Microsoft.Extensions.Logging;

namespace Lanner.State.Replication;

public sealed partial class ReplicatedState
{
    /// <inheritdoc/>
    public ILocks Locks => _locks;

    [LoggerMessage(5018, LogLevel.Warning, "the lock {Name} (number {Number}) is lost: this node was taken for gone while {Holder} had it")]
    private static partial void LockLost(ILogger log, string name, string holder, long number);

    /// <summary>
    /// Locks for all nodes of a cluster: the places in the lines are entries of the log, so all nodes agree who has what. A node
    /// that is gone has no places any more; should it come back, what it held is lost, and what it waited for is asked for again.
    /// </summary>
    private sealed class ClusterLocks(ReplicatedState state) : ILocks
    {
        private readonly Lock _gate = new();

        /// <summary>Places up to here are lost.</summary>
        private long _lostUpTo;
        private readonly Dictionary<long, Asker> _waiting = [];

        /// <summary>Granted before the asker knew its number.</summary>
        private readonly HashSet<long> _granted = [];

        /// <summary>What was granted here, and to whom.</summary>
        private readonly Dictionary<long, (string Name, string Holder)> _held = [];

        /// <summary>Of each name the last that was sent: asking is in the order of the calls.</summary>
        private readonly Dictionary<string, Task> _sending = new(StringComparer.Ordinal);
        private readonly Dictionary<string, List<CancellationTokenSource>> _askers = new(StringComparer.Ordinal);

        /// <inheritdoc/>
        public Action<long>? Lost { get; set; }

        /// <inheritdoc/>
        public async Task<LockGrant?> AcquireAsync(string holder, string name, TimeSpan patience, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (name.Length is 0 or > ILocks.LongestName)
                throw new LockRefusedException("bad-name", $"the name of a lock has 1 to {ILocks.LongestName} characters, not {name.Length}");
            using var limit = new CancellationTokenSource(patience == TimeSpan.Zero ? state._options.AppendLimit : patience, state._time);
            using var released = new CancellationTokenSource();
            using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token, released.Token);
            Remember(holder, released);
            try
            {
                while (true)
                {
                    // Sent before anything is awaited, so in the order of the calls.
                    Task<LockPlace> asking = AskInOrderAsync(name, holder);
                    LockPlace place;
                    try
                    {
                        place = await asking.WaitAsync(giveUp.Token);
                    }
                    catch (OperationCanceledException)
                    {
                        _ = LeaveLaterAsync(asking);
                        throw;
                    }
                    if (place.Number == 0)
                        throw new LockRefusedException(place.Code, place.Message);
                    if (patience == TimeSpan.Zero && !place.IsFirst)
                    {
                        await LeaveAsync([place.Number]);
                        return null;
                    }
                    if (!await GrantedAsync(place, holder, giveUp.Token))
                        continue;
                    bool isReleased;
                    lock (_gate)
                    {
                        // All that the holder has and waits for was released at the moment of the grant.
                        isReleased = released.IsCancellationRequested;
                        if (isReleased)
                            _held.Remove(place.Number);
                    }
                    if (!isReleased)
                        return new LockGrant(name, place.Number);
                    await LeaveAsync([place.Number]);
                    throw new OperationCanceledException();
                }
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested && !released.IsCancellationRequested)
            {
                return null;
            }
            catch (OperationCanceledException)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            finally
            {
                Forget(holder, released);
            }
        }

        /// <inheritdoc/>
        public Task ReleaseAsync(LockGrant grant)
        {
            lock (_gate)
                if (!_held.Remove(grant.Number))
                    return Task.CompletedTask;
            return LeaveAsync([grant.Number]);
        }

        /// <inheritdoc/>
        public Task ReleaseAllOfAsync(string holder)
        {
            long[] numbers;
            CancellationTokenSource[] waiting;
            lock (_gate)
            {
                numbers = [.. _held.Where(one => one.Value.Holder == holder).Select(static one => one.Key)];
                foreach (long number in numbers)
                    _held.Remove(number);
                waiting = _askers.TryGetValue(holder, out List<CancellationTokenSource>? askers) ? [.. askers] : [];
                foreach (CancellationTokenSource asker in waiting)
                    _ = asker.CancelAsync();
            }
            return numbers.Length > 0 ? LeaveAsync(numbers) : Task.CompletedTask;
        }

        /// <inheritdoc/>
        public async Task<IReadOnlyList<HeldLock>> HeldAsync(int count, CancellationToken cancellationToken)
        {
            Task[] sending;
            lock (_gate)
                sending = [.. _sending.Values];
            await Task.WhenAll(sending).WaitAsync(cancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default);
            return await state._replica.ReadAsync(() => state._replica.HeldLocks(count), cancellationToken);
        }

        /// <summary>They end with the node.</summary>
        public ValueTask DisposeAsync() => default;

        /// <summary>Tells those of this node who have a lock now.</summary>
        public void Grant(IReadOnlyList<LockPlace> places)
        {
            lock (_gate)
            {
                foreach (LockPlace place in places.Where(place => place.Node == state._options.Node))
                {
                    if (_waiting.Remove(place.Number, out Asker? asker))
                        asker.Done.TrySetResult(true);
                    else
                        _granted.Add(place.Number);
                }
            }
        }

        /// <summary>The node was taken for gone: its places are gone.</summary>
        public void Lose(long upTo)
        {
            KeyValuePair<long, (string Name, string Holder)>[] held;
            lock (_gate)
            {
                _lostUpTo = Math.Max(_lostUpTo, upTo);
                foreach (Asker asker in _waiting.Values)
                    asker.Done.TrySetResult(false);
                _waiting.Clear();
                _granted.Clear();
                held = [.. _held];
                _held.Clear();
            }
            foreach ((long number, (string name, string holder)) in held)
                LockLost(state._logger, name, holder, number);
            Lost?.Invoke(upTo);
        }

        private Task<LockPlace> AskInOrderAsync(string name, string holder)
        {
            lock (_gate)
            {
                Task before = _sending.GetValueOrDefault(name, Task.CompletedTask);
                Task<LockPlace> asking = AskAsync(before);
                _sending[name] = asking;
                _ = asking.ContinueWith(done =>
                {
                    lock (_gate)
                        if (_sending.GetValueOrDefault(name) == done)
                            _sending.Remove(name);
                }, TaskScheduler.Default);
                return asking;
            }

            async Task<LockPlace> AskAsync(Task before)
            {
                await before.ContinueWith(static _ => { }, TaskScheduler.Default);
                return await state.SubmitAsync<LockPlace>(new AskLock(name, holder, state._time.GetUtcNow()), CancellationToken.None);
            }
        }

        /// <summary>Waits for the place to be the first; false: it is lost.</summary>
        private async Task<bool> GrantedAsync(LockPlace place, string holder, CancellationToken giveUp)
        {
            var asker = new Asker();
            lock (_gate)
            {
                if (place.Number <= _lostUpTo)
                    return false;
                if (place.IsFirst || _granted.Remove(place.Number))
                {
                    _held[place.Number] = (place.Name, holder);
                    return true;
                }
                _waiting[place.Number] = asker;
            }
            try
            {
                bool isGranted = await asker.Done.Task.WaitAsync(giveUp);
                if (isGranted)
                    lock (_gate)
                        _held[place.Number] = (place.Name, holder);
                return isGranted;
            }
            catch (OperationCanceledException)
            {
                lock (_gate)
                    _waiting.Remove(place.Number);
                await LeaveAsync([place.Number]);
                throw;
            }
        }

        private async Task LeaveLaterAsync(Task<LockPlace> asking)
        {
            try
            {
                if (await asking is { Number: > 0 } place)
                    await LeaveAsync([place.Number]);
            }
            catch (StateException)
            {
                // It never was in line, or this node ends.
            }
        }

        /// <summary>Gives up places, however long that takes: only the end of this node gives them up otherwise.</summary>
        public async Task LeaveAsync(IReadOnlyList<long> numbers)
        {
            while (true)
            {
                try
                {
                    await state.SubmitAsync<IReadOnlyList<LockPlace>>(new LeaveLocks(numbers, state._time.GetUtcNow()), CancellationToken.None);
                    lock (_gate)
                        foreach (long number in numbers)
                            _granted.Remove(number);
                    return;
                }
                catch (StateException) when (!state._ending.IsCancellationRequested)
                {
                    await state.PauseAsync();
                }
                catch (StateException)
                {
                    return;
                }
            }
        }

        private void Remember(string holder, CancellationTokenSource released)
        {
            lock (_gate)
            {
                if (!_askers.TryGetValue(holder, out List<CancellationTokenSource>? askers))
                    _askers[holder] = askers = [];
                askers.Add(released);
            }
        }

        private void Forget(string holder, CancellationTokenSource released)
        {
            lock (_gate)
                if (_askers.TryGetValue(holder, out List<CancellationTokenSource>? askers) && askers.Remove(released) && askers.Count == 0)
                    _askers.Remove(holder);
        }

        /// <summary>Who waits; false: the place is lost.</summary>
        private sealed class Asker
        {
            public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
