namespace Lanner.Supervision;

/// <summary>What a template prints. Until it has loaded the app, the last lines are kept: they may say why it did not.</summary>
internal sealed class StartOutput(Action<OutputLine> log)
{
    private const int TooOld = 90; // boot.py
    private const int Kept = 20;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private int _open = 2;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _forgotten;

    /// <summary>Done when both of its streams have ended: all that it wrote has been seen.</summary>
    public Task Ended => _ended.Task;

    /// <summary>One of the streams has ended.</summary>
    public void End()
    {
        if (Interlocked.Decrement(ref _open) == 0)
            _ended.TrySetResult();
    }

    public void Write(OutputLine line)
    {
        lock (_gate)
        {
            if (!_forgotten)
            {
                _lines.Enqueue(line.Text);
                if (_lines.Count > Kept)
                    _lines.Dequeue();
            }
        }
        log(line);
    }

    public void Forget()
    {
        lock (_gate)
        {
            _forgotten = true;
            _lines.Clear();
        }
    }

    /// <summary>One sentence on a template that ended before it had loaded the app.</summary>
    public string Reason(WorkerExit exit, AppDefinition definition)
    {
        string[] lines;
        lock (_gate)
            lines = [.. _lines];
        if (exit.Code == TooOld && lines.Length > 0)
            return lines[^1];
        if (exit.Code == 127)
            return $"the interpreter {definition.Python} could not be started";
        string last = lines.Length > 0 ? $"; its last words: {lines[^1]}" : "";
        return $"the template process ended while it loaded {definition.App}: {exit}{last}";
    }
}
