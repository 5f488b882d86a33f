using Lanner.Supervision.Locks;
using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>Runs of jobs: in workers of their own, forked from the same template.</summary>
public sealed partial class AppSupervisor
{
    private static readonly long s_latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Where runs of jobs are submitted.</summary>
    internal WorkerPool JobPool { get; }

    /// <summary>Told when another generation serves: its code may have other jobs.</summary>
    public Action? JobsChanged { get; set; }

    /// <summary>Told when job workers have become ready: more runs may be carried out at once.</summary>
    public Action? JobThreadsChanged { get; set; }

    /// <summary>Puts a run in line that code in a worker asks for: the job's name, arguments as JSON, key or empty, when it is due. Gives the run's id.</summary>
    public Func<JobRequest, Task<JobAnswer>>? JobWanted { get; set; }

    /// <summary>The jobs that the code of the generation that serves has registered.</summary>
    public IReadOnlyList<DeclaredJob> DeclaredJobs => _generation?.DeclaredJobs ?? [];

    /// <summary>Threads for runs, of job workers that are ready.</summary>
    public int JobThreads => JobPool.Load().Threads;

    /// <summary>Runs a job once; done when it has ended. What had not begun when its worker ended is begun on another.</summary>
    public Task<JobEnd> RunJobAsync(JobCall call)
    {
        var exchange = new JobExchange(call) { Again = JobPool.Resubmit };
        JobPool.Submit(exchange);
        return exchange.Done;
    }

    /// <summary>The locks that its workers ask for.</summary>
    public WorkerLocks Locks { get; } = new();

    private WorkerPool PoolOf(WorkerHandle worker) => worker.Kind == WorkerKind.Job ? JobPool : Pool;

    private void OnAsked(WorkerHandle worker, FrameKind kind, Dictionary<string, object?> entries)
    {
        switch (kind)
        {
            case FrameKind.SettingsChange:
                _ = Settings.AnswerAsync(worker, entries);
                break;
            case FrameKind.JobEnqueue:
                _ = EnqueueAsync(worker, entries);
                break;
            case FrameKind.LockAcquire:
                _ = Locks.AnswerAsync(worker, entries);
                break;
            case FrameKind.LockRelease:
                Locks.Release(worker, entries);
                break;
            case FrameKind.Fault:
                string message = entries.Text("message"), traceback = entries.Text("traceback");
                _history.Failed(AppFaultKind.Worker, new AppLoadException($"worker {worker.Slot}: {message}", traceback));
                Faulted(_log, App.Name, worker.Slot, worker.Pid, message, traceback);
                break;
        }
    }

    private async Task EnqueueAsync(WorkerHandle worker, Dictionary<string, object?> entries)
    {
        var request = new JobRequest(entries.Text("name"), entries.Text("arguments"))
        {
            Key = entries.Text("key"),
            // Python's latest moment, and those of its zones west of Greenwich, are later than ours.
            At = entries.Whole("at") is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(at, s_latest)) : null,
            Delay = entries.Whole("delay") is { } delay ? TimeSpan.FromMilliseconds(delay) : null,
            IsEarly = worker.Generation > (_generation?.Number ?? 0),
        };
        JobAnswer answer = JobWanted is { } wanted ? await wanted(request) : new JobAnswer("", "no-jobs", "this server keeps no jobs");
        await worker.TellAsync(FrameKind.Answer, frame =>
        {
            frame.Str("number");
            frame.Int(entries.Number("number"));
            frame.Str("run");
            frame.Str(answer.Run);
            frame.Str("code");
            frame.Str(answer.Code);
            frame.Str("message");
            frame.Str(answer.Message);
        });
    }
}

/// <summary>A run that code wants.</summary>
/// <param name="Job">The job's name.</param>
/// <param name="Arguments">JSON: a list of positional arguments, or an object of named ones.</param>
public sealed record JobRequest(string Job, string Arguments)
{
    /// <summary>At most one run with this key waits; empty: any number.</summary>
    public string Key { get; init; } = "";

    /// <summary>When it is due; null: now, or after <see cref="Delay"/>.</summary>
    public DateTimeOffset? At { get; init; }

    public TimeSpan? Delay { get; init; }

    /// <summary>Its generation does not serve yet: its jobs may not be known.</summary>
    public bool IsEarly { get; init; }
}

/// <summary>What became of it.</summary>
/// <param name="Run">The run's id; empty when it was refused.</param>
/// <param name="Code">Empty when all is well; else a word for why not.</param>
/// <param name="Message">Why not, in one sentence.</param>
public sealed record JobAnswer(string Run, string Code, string Message);
