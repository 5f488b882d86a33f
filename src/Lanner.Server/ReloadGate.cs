namespace Lanner.Server;

/// <summary>
/// Orders reloads and replacements of the settings file: reloads may go on together, so that several that wait become one; a
/// replacement goes alone, so that no reload reads the file before and applies it after. First come, first served.
/// </summary>
internal sealed class ReloadGate
{
    private readonly Lock _gate = new();
    private readonly Queue<(bool Alone, TaskCompletionSource<IDisposable> Turn)> _waiting = new();
    private int _inside;
    private bool _isAlone;

    /// <summary>Waits for a turn, which ends when the result is disposed of.</summary>
    public Task<IDisposable> EnterAsync(bool alone)
    {
        lock (_gate)
        {
            var turn = new TaskCompletionSource<IDisposable>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((alone, turn));
            LetIn();
            return turn.Task;
        }
    }

    private void LetIn()
    {
        while (_waiting.TryPeek(out var next) && !_isAlone && (!next.Alone || _inside == 0))
        {
            _waiting.Dequeue();
            _inside++;
            _isAlone = next.Alone;
            next.Turn.SetResult(new Turn(this));
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _inside--;
            _isAlone = false;
            LetIn();
        }
    }

    private sealed class Turn(ReloadGate gate) : IDisposable
    {
        private ReloadGate? _gate = gate;

        public void Dispose() => Interlocked.Exchange(ref _gate, null)?.Leave();
    }
}
