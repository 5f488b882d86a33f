using System.Globalization;
using System.Text;

namespace Lanner.Supervision;

/// <summary>What the threads of one worker did at one moment, those that have been at a request for longest first.</summary>
/// <param name="Pid">The worker.</param>
/// <param name="Slot">Its slot.</param>
/// <param name="At">When it was asked.</param>
/// <param name="Answered">Whether the process wrote its Python stacks; without, only what the kernel tells is known.</param>
/// <param name="Threads">All of them.</param>
public sealed record StackReport(int Pid, int Slot, DateTimeOffset At, bool Answered, IReadOnlyList<ThreadStack> Threads)
{
    /// <summary>Asks a worker from outside, and the kernel.</summary>
    internal static async Task<StackReport> TakeAsync(WorkerHandle worker, WorkerPool pool, TimeProvider time)
    {
        DateTimeOffset at = time.GetUtcNow();
        Dictionary<int, RunningRequest> running = pool.Running(worker).ToDictionary(request => request.Thread);
        IReadOnlyList<DumpedThread> dumped = await worker.Stacks.TakeAsync(worker.AskForStacks, worker.Exited);
        var threads = new List<(ThreadStack Stack, double Order)>();
        for (int place = 0; place < worker.Threads; place++)
        {
            RunningRequest? request = running.TryGetValue(place, out RunningRequest found) ? found : null;
            DumpedThread thread = dumped.FirstOrDefault(entry => entry.IsKnown && entry.Place == place);
            threads.Add((new ThreadStack
            {
                Name = $"thread {place}",
                Request = request?.Label.ToString() ?? "",
                Seconds = request?.Time.TotalSeconds ?? 0,
                State = ProcessFiles.ThreadState(worker.Pid, worker.Scoreboard[place].Thread),
                Frames = thread.Frames ?? [],
                IsResting = request is null,
            }, request?.Time.TotalSeconds ?? -2));
        }
        foreach (DumpedThread thread in dumped.Where(entry => !entry.IsKnown || entry.Place < 0))
        {
            threads.Add((new ThreadStack
            {
                Name = thread.IsKnown ? "main thread" : $"thread 0x{thread.Identifier}",
                State = thread.IsKnown ? ProcessFiles.ThreadState(worker.Pid, worker.Pid) : "started by the app",
                Frames = thread.Frames,
                IsResting = thread.IsKnown,
            }, -1));
        }
        return new StackReport(worker.Pid, worker.Slot, at, dumped.Count > 0, [.. threads.OrderByDescending(entry => entry.Order).Select(entry => entry.Stack)]);
    }

    /// <summary>For the log and the terminal. Threads that wait for a request are only counted.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (!Answered)
            text.Append("  the process did not write its Python stacks within a second; the kernel tells:\n");
        foreach (ThreadStack thread in Threads.Where(thread => !thread.IsResting))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {thread.Name}");
            if (thread.Request.Length > 0)
                text.Append(CultureInfo.InvariantCulture, $", {thread.Request}, for {thread.Seconds:0.0} s");
            text.Append(CultureInfo.InvariantCulture, $"; {thread.State}\n");
            foreach (string frame in thread.Frames)
                text.Append("    ").Append(frame).Append('\n');
        }
        int resting = Threads.Count(thread => thread.IsResting);
        if (resting > 0)
            text.Append(CultureInfo.InvariantCulture, $"  and {resting} that wait for a request\n");
        return text.ToString().TrimEnd('\n');
    }
}

/// <summary>One thread.</summary>
public sealed record ThreadStack
{
    /// <summary>"thread 3" for one that runs requests, "main thread", or "thread 0x7f…" for one that the app started.</summary>
    public required string Name { get; init; }

    /// <summary>The request it runs: method, path and id; or empty.</summary>
    public string Request { get; init; } = "";

    /// <summary>How long it has run it, s.</summary>
    public double Seconds { get; init; }

    /// <summary>What the kernel says of it: "runs", "waits (futex_wait)" …</summary>
    public string State { get; init; } = "";

    /// <summary>File, line and function, the innermost first.</summary>
    public IReadOnlyList<string> Frames { get; init; } = [];

    /// <summary>It is one of the server's and has no request.</summary>
    public bool IsResting { get; init; }
}
