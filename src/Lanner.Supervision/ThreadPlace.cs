namespace Lanner.Supervision;

/// <summary>
/// A small number for each living thread, no two the same: who writes only to its own place of an array needs no lock and no
/// locked instruction. A thread that is gone leaves its number to another.
/// </summary>
internal sealed class ThreadPlace
{
    private static readonly Lock s_gate = new();
    private static readonly Stack<int> s_free = new();
    private static int s_count;

    [ThreadStatic]
    private static ThreadPlace? t_place;

    private readonly int _number;

    private ThreadPlace()
    {
        lock (s_gate)
            _number = s_free.TryPop(out int free) ? free : s_count++;
    }

    // A thread's statics live as long as the thread: nobody writes under this number any more.
    ~ThreadPlace()
    {
        lock (s_gate)
            s_free.Push(_number);
    }

    /// <summary>The number of the thread that asks.</summary>
    public static int Current => (t_place ??= new ThreadPlace())._number;
}
