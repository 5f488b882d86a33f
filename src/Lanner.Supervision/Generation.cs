using System.Collections.Immutable;
using Lanner.Wire;
using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

/// <summary>
/// One version of an app at work: a template and the workers forked from it, a slot for each. It is started whole, beside
/// the one that serves; the swap is the supervisor's. Workers that have left their slots are drained here.
/// </summary>
internal sealed partial class Generation : IAsyncDisposable
{
    private readonly TemplateProcess _template;
    private readonly Crew _web;
    private readonly Crew _jobs;
    private readonly SettingsDelivery _settings;
    private readonly AppHistory _history;
    private readonly TimeProvider _time;
    private readonly Action<AppNews> _tell;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<WorkerHandle, Task> _retiring = [];
    private AppDefinition _app;
    private volatile bool _hurries;

    private Generation(AppDefinition app, TemplateProcess template, WorkerPool pool, WorkerPool jobPool, SettingsDelivery settings, AppHistory history, TimeProvider time, Action<AppNews> tell, ILogger log)
    {
        _app = app;
        _template = template;
        _web = new Crew(WorkerKind.Web, pool);
        _jobs = new Crew(WorkerKind.Job, jobPool);
        _settings = settings;
        _history = history;
        _time = time;
        _tell = tell;
        _log = log;
    }

    public string Name => _app.Name;

    public int Number => _template.Generation;

    /// <summary>What was found before the last fork that its workers share or lose.</summary>
    public int Hazards => _template.Hazards;

    /// <summary>Workers that there should be.</summary>
    public int Wanted => _web.Slots.Length;

    /// <summary>The processes and threads that it keeps for jobs; null when it has none.</summary>
    public JobCrew? JobCrew { get; private set; }

    /// <summary>The jobs that its code has registered.</summary>
    public IReadOnlyList<DeclaredJob> DeclaredJobs =>
        _template.DeclaredJobs.Count > 0 ? _template.DeclaredJobs : Workers.Select(static worker => worker.DeclaredJobs).FirstOrDefault(static jobs => jobs.Count > 0) ?? [];

    public int TemplatePid => _template.Pid;

    /// <summary>Done when the template has ended: no worker can be replaced any more.</summary>
    public Task TemplateEnded => _template.Ended;

    /// <summary>All processes there are now: those of the slots, in order, then those that drain.</summary>
    public IReadOnlyList<WorkerHandle> Workers
    {
        get
        {
            lock (_gate)
                return [.. _web.Workers, .. _jobs.Workers.Union(_retiring.Keys).Except(_web.Workers)];
        }
    }

    /// <summary>Web workers in their slots.</summary>
    public IReadOnlyList<WorkerHandle> Current => _web.Workers;

    /// <summary>Job workers in their slots.</summary>
    public IReadOnlyList<WorkerHandle> CurrentJobs => _jobs.Workers;

    private IEnumerable<Slot> Slots => _web.Slots.Concat(_jobs.Slots);

    /// <summary>All its workers are being ended at once: none is replaced.</summary>
    internal bool Hurries => _hurries;

    /// <summary>No other generation follows: the server ends, or the app leaves it.</summary>
    public bool IsLast { get; set; }

    /// <summary>Why its workers leave when it is disposed of.</summary>
    public string Ending { get; set; } = "another generation serves";

    /// <summary>Requests that were cut off when the time to drain was over.</summary>
    public int Cut { get; private set; }

    /// <summary>Starts a template and so many workers; done when every one is ready and warmed up. They take no requests yet.</summary>
    /// <exception cref="AppLoadException">One of them did not start; nothing is left of the others.</exception>
    public static async Task<Generation> StartAsync(
        AppDefinition app, int number, int workers, WorkerPool pool, WorkerPool jobPool, SettingsDelivery settings, WorkerQuestions asked, AppHistory history, ProcessSurroundings surroundings, ILogger log, CancellationToken cancellationToken)
    {
        TemplateProcess template = await TemplateProcess.StartAsync(app, number, surroundings, settings, asked, log, cancellationToken);
        var generation = new Generation(app, template, pool, jobPool, settings, history, surroundings.Time, surroundings.Tell, log);
        generation._web.Slots = [.. Enumerable.Range(0, workers).Select(number => generation.MakeSlot(generation._web, number))];
        generation.JobCrew = app.Jobs ?? (template.DeclaredJobs.Count + app.JobCalls.Count > 0 ? JobCrew.Default : null);
        generation.MakeJobSlots();
        try
        {
            await Task.WhenAll(generation.Slots.Select(slot => slot.FillAsync(cancellationToken)));
            // Where the template does not import the app, the first to know its jobs are its workers.
            if (generation.JobCrew is null && generation.DeclaredJobs.Count > 0)
            {
                generation.JobCrew = JobCrew.Default;
                generation.MakeJobSlots();
                await Task.WhenAll(generation._jobs.Slots.Select(slot => slot.FillAsync(cancellationToken)));
            }
            return generation;
        }
        catch
        {
            generation.Ending = "not every worker of its generation has started";
            await generation.DisposeAsync();
            throw;
        }
    }

    /// <summary>Keeps the slots filled; their workers have been given to the pool.</summary>
    public void Keep()
    {
        foreach (Slot slot in Slots)
            slot.Keep();
    }

    /// <summary>Starts no worker any more. Returns those that are left in their slots.</summary>
    public async Task<IReadOnlyList<WorkerHandle>> FreezeAsync() =>
        [.. (await Task.WhenAll(Slots.Select(slot => slot.FreezeAsync()))).OfType<WorkerHandle>()];

    /// <summary>Lets all workers finish, ends them, then the template.</summary>
    public async ValueTask DisposeAsync()
    {
        IReadOnlyList<WorkerHandle> left = await FreezeAsync();
        foreach (WorkerHandle worker in left)
            worker.Leaving ??= IsLast ? "the app stops" : Ending;
        foreach (IGrouping<WorkerKind, WorkerHandle> kind in left.GroupBy(static worker => worker.Kind))
            CrewOf(kind.Key).Pool.Drain([.. kind]);
        foreach (WorkerHandle worker in left)
            Retire(worker);
        while (true)
        {
            Task[] retiring;
            lock (_gate)
                retiring = [.. _retiring.Values];
            if (retiring.Length == 0)
                break;
            await Task.WhenAll(retiring);
        }
        if (IsLast)
            await _template.StopAsync();
        await _template.DisposeAsync();
        foreach (Slot slot in Slots)
            slot.Dispose();
        _turn.Dispose();
    }

    /// <summary>Ends all workers at once, whatever runs in them.</summary>
    public void Hurry()
    {
        bool isFirst = !_hurries;
        _hurries = true;
        // Or they would put new workers in the places of those that are killed.
        foreach (Slot slot in Slots)
            slot.BeginFreezing();
        foreach (WorkerHandle worker in Workers)
        {
            if (isFirst)
                CountCut(worker);
            if (_app.Peer is null)
                worker.Kill();
            else
                _ = worker.EndAsync(Posix.SigQuit, _time);
        }
    }

    /// <summary>Has so many workers from now on; done when those that come are ready.</summary>
    /// <exception cref="AppLoadException">One of them did not start; the number is what it was.</exception>
    public async Task ScaleAsync(AppDefinition app, int workers, CancellationToken cancellationToken)
    {
        bool otherThreads = app.Threads != _app.Threads;
        AppDefinition before = _app;
        _app = app;
        await _template.TellWorkersAsync(workers);
        Slot[] more = [.. Enumerable.Range(Wanted, Math.Max(0, workers - Wanted)).Select(number => MakeSlot(_web, number))];
        try
        {
            await Task.WhenAll(more.Select(slot => slot.FillAsync(cancellationToken)));
        }
        catch
        {
            _app = before;
            await _template.TellWorkersAsync(Wanted);
            foreach (Slot slot in more)
            {
                if (await slot.FreezeAsync() is { } worker)
                    Retire(worker);
            }
            throw;
        }
        ImmutableArray<Slot> fewer = Wanted > workers ? _web.Slots[workers..] : [];
        List<WorkerHandle> left = [];
        foreach (Slot slot in fewer)
        {
            if (await slot.FreezeAsync() is { } worker)
                left.Add(worker);
        }
        foreach (WorkerHandle worker in left)
            worker.Leaving ??= "fewer workers are wanted";
        ImmutableArray<Slot> old = _web.Slots;
        lock (_gate)
            _web.Slots = [.. old[..Math.Min(workers, old.Length)], .. more];
        _web.Pool.Swap([.. more.Select(slot => slot.Worker!)], left);
        foreach (Slot slot in more)
            slot.Keep();
        foreach (WorkerHandle worker in left)
            Retire(worker);
        if (!otherThreads)
            return;
        foreach (Slot slot in old[..Math.Min(workers, old.Length)])
        {
            if (slot.Worker is { } worker)
                slot.Replace(worker, ReplacementReason.Threads);
        }
    }

    /// <summary>The worker is to be replaced; nothing happens when it has left its slot already.</summary>
    public void Replace(WorkerHandle worker, ReplacementReason reason)
    {
        foreach (Slot slot in Slots)
            slot.Replace(worker, reason);
        // All are over: one at a time would serve long with processes that should not.
        if (Slots.All(slot => slot.IsOver))
            ReleaseAllTurns();
    }

    internal async Task<WorkerHandle> StartWorkerAsync(Slot slot, CancellationToken cancellationToken)
    {
        AppDefinition app = _app;
        bool isWeb = slot.Crew.Kind == WorkerKind.Web;
        WorkerHandle worker = await _template.ForkAsync(
            slot.Crew.Kind, slot.Number, isWeb ? app.Threads : JobCrew!.Threads, isWeb ? Math.Max(app.Workers, Wanted) : JobCrew!.Workers);
        // Limits differ, so that workers of the same age and load are not all replaced at once.
        if (isWeb && app.MaxRequests > 0)
            worker.LastAnswer = Math.Max(1, app.MaxRequests - Random.Shared.Next(app.MaxRequests / 10 + 1));
        if (app.MaxLifetime is { } lifetime)
            worker.Lifetime = lifetime * (1 - Random.Shared.NextDouble() / 10);
        try
        {
            await worker.Ready.WaitAsync(app.BootTimeout, _time, cancellationToken);
            await _settings.JoinAsync(worker).WaitAsync(app.BootTimeout, _time, cancellationToken);
            slot.Crew.Pool.Attach(worker);
            if (isWeb && app.Warmup.Count > 0)
                await slot.Crew.Pool.WarmUpAsync(worker, app, cancellationToken);
            return worker;
        }
        catch (TimeoutException)
        {
            worker.Kill();
            string what = worker.Pooled is null ? "was not ready" : "was not warmed up";
            throw new AppLoadException($"worker {slot.Number} {what} within {app.BootTimeout.TotalSeconds:0.#} s (boot_timeout)");
        }
        catch
        {
            worker.Kill();
            throw;
        }
    }

    /// <summary>A worker takes its slot, and requests; the one before it finishes what it has.</summary>
    internal void Enter(WorkerHandle fresh, WorkerHandle? before, ReplacementReason reason = default)
    {
        if (before is not null)
            before.Leaving ??= AppHistory.NameOf(reason);
        CrewOf(fresh.Kind).Pool.Swap([fresh], before is null ? [] : [before]);
        _history.Started(fresh.Slot);
        if (before is null)
        {
            WorkerReplaced(_log, Name, fresh.Slot, fresh.Pid);
            return;
        }
        _history.Replaced(reason);
        Retire(before);
    }

    /// <summary>A worker has ended that nobody had told to.</summary>
    internal void Ended(WorkerHandle worker, WorkerExit exit)
    {
        CrewOf(worker.Kind).Pool.Disconnect(worker);
        exit = _history.Ended(worker.Slot, worker.Pid, exit);
        WorkerEnded(_log, Name, worker.Slot, worker.Pid, exit);
        _tell(new DeathNews(Name, _time.GetUtcNow(), worker.Pid, worker.Slot, exit.ToString()));
    }

    /// <summary>A worker did not start.</summary>
    internal void NotStarted(int slot, AppLoadException e)
    {
        _history.Failed(AppFaultKind.Worker, e, slot);
        WorkerNotStarted(_log, Name, slot, e.Message, e.Traceback);
    }

    private Crew CrewOf(WorkerKind kind) => kind == WorkerKind.Job ? _jobs : _web;

    private void MakeJobSlots() => _jobs.Slots = [.. Enumerable.Range(0, JobCrew?.Workers ?? 0).Select(number => MakeSlot(_jobs, number))];

    private Slot MakeSlot(Crew crew, int number) => new(this, crew, number, _log, _time);
}
