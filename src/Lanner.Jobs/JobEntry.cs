using Lanner.Jobs.Definitions;
using Lanner.State.Jobs;

namespace Lanner.Jobs;

/// <summary>A job in the scheduler. The scheduler's loop alone writes it; others read single values.</summary>
internal sealed class JobEntry(JobDefinition definition)
{
    private readonly long[] _ended = new long[Enum.GetValues<RunState>().Length];
    private long _next;
    private EndedRun? _last;

    public JobDefinition Definition { get; set; } = definition;

    /// <summary>Instants up to here have been claimed or left out.</summary>
    public DateTimeOffset Considered { get; set; }

    /// <summary>The first instant after; null: none.</summary>
    public DateTimeOffset? Next
    {
        get => Volatile.Read(ref _next) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Volatile.Write(ref _next, value?.UtcTicks ?? 0);
    }

    /// <summary>Places in the heap with another number are out of date.</summary>
    public int Stamp { get; set; }

    public bool IsPaused { get; set; }

    /// <summary>How the last run ended.</summary>
    public EndedRun? Last
    {
        get => Volatile.Read(ref _last);
        set => Volatile.Write(ref _last, value);
    }

    /// <summary>Whether the ledger was asked for the run that was the last one before the server started.</summary>
    public bool IsRecalled { get; set; }

    /// <summary>Runs that are claimed or under way.</summary>
    public int Active { get; set; }

    /// <summary>Runs that are due and not claimed.</summary>
    public int InLine { get; set; }

    /// <summary>Those of them that wait for another run of the job to end.</summary>
    public Queue<WaitingRun> Blocked { get; } = new();

    /// <summary>A run waits for one on another server to end.</summary>
    public bool IsDeferred { get; set; }

    public bool IsBusy => (Active > 0 || IsDeferred) && Definition.Overlap != Overlap.Allow;

    public JobMark Mark => new(Definition.Name, Definition.Schedule?.Text ?? "", Considered, IsPaused);

    public void CountEnd(RunState state) => Interlocked.Increment(ref _ended[(int)state]);

    /// <summary>What the ledger remembers, unless a run has ended since.</summary>
    public void Recall(EndedRun last) => Interlocked.CompareExchange(ref _last, last, null);

    public JobStatus Status()
    {
        var ended = new Dictionary<RunState, long>();
        for (RunState state = RunState.Succeeded; (int)state < _ended.Length; state++)
            ended[state] = Volatile.Read(ref _ended[(int)state]);
        return new JobStatus(Definition, IsPaused ? null : Next, IsPaused, Active, InLine, ended) { Last = Last };
    }
}

/// <summary>A run in the ledger that waits for its time, a thread or another run.</summary>
/// <param name="IsLate">It was late before it came here: missed, or left by another server.</param>
internal sealed record WaitingRun(long Id, string Job, RunOrigin Origin, DateTimeOffset NotBefore, bool IsLate)
{
    /// <summary>Its job is held up by it.</summary>
    public bool IsDeferred { get; init; }

    public static WaitingRun Of(StoredRun run, bool isLate) => new(run.Id, run.Job, run.Origin, run.NotBefore, isLate);
}

/// <summary>A run that this server has claimed.</summary>
internal sealed class RunInHand(JobRun run, JobEntry entry)
{
    private long _started;

    public JobRun Run { get; } = run;

    public JobEntry Entry { get; } = entry;

    /// <summary>When it starts, as a timestamp of the clock.</summary>
    public required long StartTimestamp { get; init; }

    /// <summary>When it was due, for what is told about lateness.</summary>
    public required long DueTimestamp { get; init; }

    /// <summary>It was late before it came here: missed, or left by another server.</summary>
    public bool IsLate { get; init; }

    public DateTimeOffset? Started
    {
        get => Volatile.Read(ref _started) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Volatile.Write(ref _started, value?.UtcTicks ?? 0);
    }

    public DateTimeOffset Finished { get; set; }

    public JobOutcome Outcome { get; set; } = JobOutcome.Succeeded;
}
