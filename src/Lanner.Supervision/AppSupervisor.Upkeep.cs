using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

/// <summary>What nobody asks for: looks once a second, and the start of a lazy app by its first request.</summary>
public sealed partial class AppSupervisor
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly WorkerScaler _scaler = new();
    private long _lastUse;
    private long _lastAnswered;
    private int _failures;
    private long _retryAt;

    /// <summary>A request came to an app without a worker.</summary>
    private void OnWanted()
    {
        if (!_app.Lazy || _generation is not null)
            return;
        lock (_gate)
        {
            if (_starting is { IsCompleted: false } || _stopping.IsCancellationRequested)
                return;
            if (_time.GetTimestamp() >= _retryAt)
            {
                _starting = StartLazilyAsync();
                return;
            }
        }
        Pool.RefuseWaiting();
    }

    private async Task<bool> StartLazilyAsync()
    {
        await Task.Yield();
        _lastUse = _time.GetTimestamp();
        try
        {
            await ChangeAsync(_app, isReload: false, _stopping.Token);
            _failures = 0;
            return true;
        }
        catch (AppLoadException e)
        {
            NotRestarted(_log, _app.Name, e.Message, e.Traceback);
            lock (_gate)
            {
                // From here on whoever comes is refused by itself, or tries again.
                _retryAt = _time.GetTimestamp() + (long)(Slot.Pause(++_failures + 1).TotalSeconds * _time.TimestampFrequency);
                _starting = null;
            }
            Pool.RefuseWaiting();
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Once a second: who is too old or too large, whether the load asks for more workers, whether a lazy app rests.</summary>
    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(s_look, _time);
        try
        {
            for (int turn = 0; await timer.WaitForNextTickAsync(_stopping.Token); turn++)
            {
                if (_generation is not { } generation)
                    continue;
                AppDefinition app = _app;
                foreach (WorkerHandle worker in generation.Current)
                {
                    if (worker.Lifetime != Timeout.InfiniteTimeSpan && _time.GetUtcNow() - worker.Started > worker.Lifetime)
                        generation.Replace(worker, ReplacementReason.Lifetime);
                    else if (app.MaxMemory is { } most && turn % 5 == 0 && ProcessFiles.ProportionalBytes(worker.Pid) > most)
                        generation.Replace(worker, ReplacementReason.Memory);
                }
                LoadFigures load = Pool.Load();
                if (app.MostWorkers > app.Workers && _scaler.Judge(load, generation.Wanted, app) is var workers && workers != generation.Wanted)
                    await ScaleToLoadAsync(generation, workers);
                if (app is { Lazy: true, IdleStop: { } rest })
                    await StopIdleAsync(generation, load, rest);
            }
        }
        catch (OperationCanceledException)
        {
            // The app stops.
        }
    }

    private async Task ScaleToLoadAsync(Generation generation, int workers)
    {
        if (!await _change.WaitAsync(TimeSpan.Zero, _stopping.Token))
            return;
        try
        {
            if (_generation != generation)
                return;
            Scaled(_log, _app.Name, generation.Wanted, workers);
            await generation.ScaleAsync(_app, workers, _stopping.Token);
            _surroundings.Tell(new SizeNews(_app.Name, _time.GetUtcNow()));
        }
        catch (AppLoadException e)
        {
            _history.Failed(AppFaultKind.Scale, e);
        }
        finally
        {
            _change.Release();
        }
    }

    private async Task StopIdleAsync(Generation generation, LoadFigures load, TimeSpan rest)
    {
        if (load.Answered != _lastAnswered || load.InFlight > 0 || load.Queued > 0)
        {
            _lastAnswered = load.Answered;
            _lastUse = _time.GetTimestamp();
            return;
        }
        if (_time.GetElapsedTime(_lastUse) < rest || !await _change.WaitAsync(TimeSpan.Zero, _stopping.Token))
            return;
        try
        {
            if (_generation != generation)
                return;
            Resting(_log, _app.Name, rest.TotalSeconds);
            generation.Ending = "the app rests";
            Retire(generation);
            _surroundings.Tell(new SizeNews(_app.Name, _time.GetUtcNow()));
        }
        finally
        {
            _change.Release();
        }
        // A request may have been given to a worker that now drains: it is served. One that waits is the reason to start again.
        if (Pool.Waiting > 0)
            OnWanted();
    }

    [LoggerMessage(2042, LogLevel.Information, "app {App}: {Before} workers become {Workers}, as the load asks")]
    private static partial void Scaled(ILogger log, string app, int before, int workers);

    [LoggerMessage(2043, LogLevel.Information, "app {App} had no request for {Seconds} s and is stopped")]
    private static partial void Resting(ILogger log, string app, double seconds);
}
