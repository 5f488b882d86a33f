using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

/// <summary>How one generation follows another. Changes come one after the other, under <c>_change</c>.</summary>
public sealed partial class AppSupervisor
{
    private async Task ReloadInTurnAsync()
    {
        await Task.Yield(); // the caller notes this task before it begins
        await _change.WaitAsync(_stopping.Token);
        AppDefinition app;
        lock (_gate)
        {
            app = _nextApp ?? _app;
            (_nextReload, _nextApp) = (null, null);
        }
        try
        {
            if (app.Lazy && _generation is null)
            {
                _app = app;
                return;
            }
            await SwapAsync(app, _stopping.Token);
            Interlocked.Increment(ref _reloads);
            Reloaded(_log, app.Name, _lastNumber);
        }
        finally
        {
            _change.Release();
        }
    }

    private async Task ChangeAsync(AppDefinition app, bool isReload, CancellationToken cancellationToken)
    {
        await _change.WaitAsync(cancellationToken);
        try
        {
            if (isReload || _generation is null)
                await SwapAsync(app, cancellationToken);
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>The one way in which a generation comes to serve, at once or when it is told to.</summary>
    private async Task SwapAsync(AppDefinition app, CancellationToken cancellationToken) =>
        await EnterAsync(await StartBesideAsync(app, cancellationToken), app);

    /// <summary>Starts a generation that takes no requests yet.</summary>
    private async Task<Generation> StartBesideAsync(AppDefinition app, CancellationToken cancellationToken)
    {
        try
        {
            // Where the load decides, the new version begins with as many as the old one has come to.
            int workers = Math.Clamp(_generation?.Wanted ?? app.Workers, app.Workers, app.MostWorkers);
            return await Generation.StartAsync(app, ++_lastNumber, workers, Pool, JobPool, Settings, OnAsked, _history, _surroundings, _log, cancellationToken);
        }
        catch (AppLoadException e)
        {
            AppFault fault = _history.Failed(AppFaultKind.Load, e);
            _notLoaded = fault;
            _surroundings.Tell(new ReloadNews(app.Name, _time.GetUtcNow(), _lastNumber, fault));
            throw;
        }
    }

    private async Task EnterAsync(Generation fresh, AppDefinition app)
    {
        _notLoaded = null;
        Generation? old = _generation;
        IReadOnlyList<WorkerHandle> left = old is null ? [] : await old.FreezeAsync();
        TaskCompletionSource swapped;
        lock (_gate)
        {
            _app = app;
            _generation = fresh;
            (swapped, _swapped) = (_swapped, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        foreach (WorkerHandle worker in left)
            worker.Leaving ??= "another generation serves";
        Pool.Swap(fresh.Current, [.. left.Where(static worker => worker.Kind == WorkerKind.Web)], app);
        JobPool.Swap(fresh.CurrentJobs, [.. left.Where(static worker => worker.Kind == WorkerKind.Job)], app.ForJobs(fresh.JobCrew ?? JobCrew.Default));
        fresh.Keep();
        _history.Recovered();
        if (old is not null)
            Retire(old);
        swapped.TrySetResult();
        JobsChanged?.Invoke();
        _surroundings.Tell(old is null ? new SizeNews(app.Name, _time.GetUtcNow()) : new ReloadNews(app.Name, _time.GetUtcNow(), fresh.Number, null));
    }

    private void Retire(Generation generation)
    {
        lock (_gate)
        {
            if (!_retiring.Contains(generation))
            {
                _retiring.Add(generation);
                _retirements.Add(RetireAsync(generation));
            }
            if (_generation == generation)
                _generation = null;
        }
    }

    private async Task RetireAsync(Generation generation)
    {
        await Task.Yield();
        await generation.DisposeAsync();
        Interlocked.Add(ref _cut, generation.Cut);
        lock (_gate)
            _retiring.Remove(generation);
    }

    private async Task RetirementsAsync()
    {
        while (true)
        {
            Task[] all;
            lock (_gate)
            {
                _retirements.RemoveAll(static task => task.IsCompleted);
                all = [.. _retirements];
            }
            if (all.Length == 0)
                return;
            await Task.WhenAll(all);
        }
    }

    /// <summary>When the template of the generation that serves dies, another generation takes over.</summary>
    private async Task FollowTemplateAsync()
    {
        try
        {
            for (int failures = 0; ;)
            {
                Generation? serving;
                Task swapped;
                lock (_gate)
                    (serving, swapped) = (_generation, _swapped.Task);
                await Task.WhenAny(serving?.TemplateEnded ?? Task.Delay(Timeout.InfiniteTimeSpan, _stopping.Token), swapped).WaitAsync(_stopping.Token);
                if (serving is null || _generation != serving || !serving.TemplateEnded.IsCompleted)
                {
                    failures = 0;
                    continue;
                }
                if (failures == 0)
                    _surroundings.Tell(new DeathNews(_app.Name, _time.GetUtcNow(), serving.TemplatePid, null, "the template has ended; another generation takes over"));
                await Task.Delay(Slot.Pause(failures), _time, _stopping.Token);
                try
                {
                    await _change.WaitAsync(_stopping.Token);
                    try
                    {
                        if (_generation == serving)
                            await SwapAsync(_app, _stopping.Token);
                    }
                    finally
                    {
                        _change.Release();
                    }
                    failures = 0;
                }
                catch (AppLoadException e)
                {
                    failures++;
                    NotRestarted(_log, _app.Name, e.Message, e.Traceback);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The app stops.
        }
    }
}
