using Lanner.Jobs.Definitions;
using Lanner.State;
using Lanner.State.Jobs;

namespace Lanner.Jobs;

/// <summary>Runs of jobs that are not known yet: the code that asks for them is about to tell its jobs.</summary>
public sealed partial class JobScheduler
{
    /// <summary>A run that code asks for.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="arguments">JSON, an array or an object; empty: those of the job.</param>
    /// <param name="notBefore">When it is to run; null: now.</param>
    /// <param name="key">When a run with this key waits already, that one is meant; null: none.</param>
    /// <param name="time">The clock.</param>
    public static NewRun Asks(string job, ReadOnlyMemory<byte> arguments, DateTimeOffset? notBefore, string? key, TimeProvider time) =>
        new() { Job = job, Origin = RunOrigin.Enqueued, Due = notBefore ?? time.GetUtcNow(), NotBefore = notBefore ?? DateTimeOffset.UnixEpoch, Arguments = arguments, Key = key };

    /// <summary>Puts a run in line; done when it is stored.</summary>
    /// <param name="run">Of <see cref="Asks"/>.</param>
    /// <param name="isEarly">Its job need not be known yet: until it is, the run waits.</param>
    /// <param name="cancellationToken">Gives up waiting; it may be in line all the same.</param>
    /// <returns>The run, or the one that waits with the key.</returns>
    /// <exception cref="JobRefusedException">It was refused, or could not be stored.</exception>
    public Task<StoredRun> EnqueueAsync(NewRun run, bool isEarly, CancellationToken cancellationToken) => AskAsync(run, cancellationToken, isEarly);

    /// <summary>Stores a run for a scheduler that will start; it must not be starting meanwhile.</summary>
    /// <param name="run">Of <see cref="Asks"/>.</param>
    /// <param name="ledger">Where runs are kept.</param>
    /// <param name="options">Those of the scheduler.</param>
    /// <param name="cancellationToken">Gives up waiting; it may be stored all the same.</param>
    /// <exception cref="JobRefusedException">It was refused.</exception>
    /// <exception cref="StateException">It could not be stored.</exception>
    public static async Task<StoredRun> StoreAsync(NewRun run, IJobLedger ledger, JobSchedulerOptions options, CancellationToken cancellationToken)
    {
        Check(run, options);
        return (await ledger.EnqueueAsync(options.Server, [run], options.MostWaiting, cancellationToken))[0] ?? throw QueueFull(run.Job, options);
    }

    private static JobRefusedException QueueFull(string job, JobSchedulerOptions options) => new("queue-full", $"{options.MostWaiting:N0} runs of the job {job} wait already");

    private static void Check(NewRun run, JobSchedulerOptions options)
    {
        if (run.Arguments.Length > options.LargestArguments)
            throw new JobRefusedException("too-large", $"arguments of {run.Arguments.Length:N0} bytes; up to {options.LargestArguments:N0} are kept");
        if (!run.Arguments.IsEmpty && JobArguments.Problem(run.Arguments) is { } problem)
            throw new JobRefusedException("bad-arguments", problem);
        if (run.Key is { Length: 0 or > 500 })
            throw new JobRefusedException("bad-arguments", "a key needs 1 to 500 characters");
    }
}
