using System.Globalization;

namespace Lanner.Supervision;

/// <summary>
/// Gathers what one worker writes about its threads. Asked for by a signal, whose handler (Python's faulthandler) runs in C
/// without the GIL: it answers whatever the threads do, as long as the process is given a core. The lines come over a
/// pipe of their own.
/// </summary>
internal sealed class StackDump(TimeProvider time)
{
    /// <summary>A real-time signal that nothing else uses; worker_process.py registers it.</summary>
    public const int Signal = 62;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>Between two lines of an answer; on a machine that is busy the process may have to wait for a core in the midst of it.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string[] _identifiers = [];
    private Task _turn = Task.CompletedTask;

    /// <summary>The identifiers of the main thread and of those that run requests, in order, as hexadecimal numbers.</summary>
    public void Know(string identifiers) => _identifiers = identifiers.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Done when nobody waits for an answer.</summary>
    public Task Quiet
    {
        get
        {
            lock (_gate)
                return _turn;
        }
    }

    /// <summary>A line of the pipe.</summary>
    public void OnLine(OutputLine line)
    {
        TaskCompletionSource more;
        lock (_gate)
        {
            _lines.Add(line.Text);
            more = _more;
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        more.TrySetResult();
    }

    /// <summary>
    /// Asks and waits for the answer: until the main thread, which comes last, is complete, or until nothing more comes.
    /// </summary>
    /// <param name="ask">Sends the signal.</param>
    /// <param name="isGone">Whether the process has ended.</param>
    /// <returns>Empty when the process did not answer within two seconds.</returns>
    public async Task<IReadOnlyList<DumpedThread>> TakeAsync(Action ask, Task isGone)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_gate)
            (before, _turn) = (_turn, done.Task);
        await before;
        try
        {
            Task more;
            lock (_gate)
            {
                _lines.Clear();
                more = _more.Task;
            }
            ask();
            for (TimeSpan patience = s_patience; ; patience = s_silence)
            {
                try
                {
                    if (await Task.WhenAny(more, isGone).WaitAsync(patience, time) == isGone)
                        return Threads();
                }
                catch (TimeoutException)
                {
                    return Threads();
                }
                lock (_gate)
                {
                    more = _more.Task;
                    if (IsWhole())
                        return Threads();
                }
            }
        }
        finally
        {
            done.SetResult();
        }
    }

    /// <summary>The main thread is the oldest and comes last; its first frame is boot.py's.</summary>
    private bool IsWhole()
    {
        int main = _identifiers.Length == 0 ? -1 : _lines.FindLastIndex(line => IsHeading(line, out string identifier) && identifier == _identifiers[0]);
        return main >= 0 && _lines[^1].Contains("boot.py", StringComparison.Ordinal) && _lines.Count > main + 1;
    }

    private List<DumpedThread> Threads()
    {
        var threads = new List<DumpedThread>();
        lock (_gate)
        {
            foreach (string line in _lines)
            {
                if (IsHeading(line, out string identifier))
                    threads.Add(new DumpedThread(Array.IndexOf(_identifiers, identifier) - 1, _identifiers.Contains(identifier), identifier, []));
                else if (threads.Count > 0 && line.StartsWith("  ", StringComparison.Ordinal) && !IsOurs(threads[^1]))
                    threads[^1].Frames.Add(line.Trim());
            }
        }
        return threads;
    }

    /// <summary>The frames from the call of the app outwards are the server's: the same for every request.</summary>
    private static bool IsOurs(DumpedThread thread) =>
        thread is { IsKnown: true, Place: >= 0, Frames: [.., var last] } && last.Contains("/lanner/wsgi.py", StringComparison.Ordinal);

    /// <summary>"Thread 0x00007f… (most recent call first):", with "Current thread" for the one that took the signal.</summary>
    private static bool IsHeading(string line, out string identifier)
    {
        identifier = "";
        int at = line.IndexOf("hread 0x", StringComparison.Ordinal);
        if (at is not (1 or 9))
            return false;
        string rest = line[(at + 8)..];
        string digits = string.Concat(rest.TakeWhile(char.IsAsciiHexDigit));
        if (!ulong.TryParse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong number))
            return false;
        identifier = number.ToString("x", CultureInfo.InvariantCulture);
        return true;
    }
}

/// <summary>A thread as the process wrote it down.</summary>
/// <param name="Place">Which of the threads that run requests, from 0; -1 for the main thread.</param>
/// <param name="IsKnown">Whether it is one of the server's threads, not one that the app started.</param>
/// <param name="Identifier">Python's identifier, hexadecimal.</param>
/// <param name="Frames">File, line and function, the innermost first.</param>
internal readonly record struct DumpedThread(int Place, bool IsKnown, string Identifier, List<string> Frames);
