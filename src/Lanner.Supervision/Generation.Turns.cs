namespace Lanner.Supervision;

/// <summary>One worker is replaced after the other, but for those that cannot wait.</summary>
internal sealed partial class Generation
{
    /// <summary>Waits until no other worker is being replaced, if that can wait.</summary>
    internal async Task<IDisposable> TakeTurnAsync(ReplacementReason reason, CancellationToken cancellationToken)
    {
        if (reason is ReplacementReason.RequestTimeout or ReplacementReason.Hung or ReplacementReason.Settings)
            return new Turn(null);
        await _turn.WaitAsync(cancellationToken);
        return new Turn(this);
    }

    private void ReleaseAllTurns()
    {
        lock (_gate)
        {
            int missing = _slots.Length - _turn.CurrentCount - _freeTurns;
            if (missing <= 0)
                return;
            _freeTurns += missing;
            _turn.Release(missing);
        }
    }

    /// <summary>Turns given beside the one there is; each ends with its use.</summary>
    private int _freeTurns;

    /// <summary>The right to replace a worker; given back once.</summary>
    private sealed class Turn(Generation? generation) : IDisposable
    {
        public void Dispose()
        {
            if (generation is null)
                return;
            lock (generation._gate)
            {
                if (generation._freeTurns > 0)
                    generation._freeTurns--;
                else
                    generation._turn.Release();
            }
        }
    }
}
