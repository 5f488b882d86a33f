namespace Lanner.Supervision;

/// <summary>A change that is made ready, and comes into force when others are ready too.</summary>
public sealed partial class AppSupervisor
{
    /// <summary>
    /// Starts a generation of the definition beside the one that serves. No other change of the app is made until the result
    /// is entered or discarded. A lazy app without a process needs none.
    /// </summary>
    /// <exception cref="AppLoadException">It does not start; nothing has changed.</exception>
    public async Task<PreparedGeneration> PrepareAsync(AppDefinition app)
    {
        await _change.WaitAsync(_stopping.Token);
        try
        {
            Generation? fresh = app.Lazy && _generation is null ? null : await StartBesideAsync(app, _stopping.Token);
            return new PreparedGeneration(() => EndChangeAsync(() => EnterPreparedAsync(fresh, app)), () => EndChangeAsync(() => DiscardAsync(fresh)));
        }
        catch
        {
            _change.Release();
            throw;
        }
    }

    private async Task EnterPreparedAsync(Generation? fresh, AppDefinition app)
    {
        if (fresh is null)
        {
            _app = app;
            return;
        }
        await EnterAsync(fresh, app);
        Interlocked.Increment(ref _reloads);
        Reloaded(_log, app.Name, _lastNumber);
    }

    private static async Task DiscardAsync(Generation? fresh)
    {
        if (fresh is null)
            return;
        fresh.Ending = "its generation is not wanted after all";
        await fresh.DisposeAsync();
    }

    private async Task EndChangeAsync(Func<Task> last)
    {
        try
        {
            await last();
        }
        finally
        {
            _change.Release();
        }
    }
}

/// <summary>A generation that is ready and takes no requests yet; either entered or discarded, once.</summary>
public sealed class PreparedGeneration
{
    private readonly Func<Task> _enter;
    private readonly Func<Task> _discard;

    internal PreparedGeneration(Func<Task> enter, Func<Task> discard)
    {
        _enter = enter;
        _discard = discard;
    }

    /// <summary>It serves from now on; the one before finishes what it has.</summary>
    public Task EnterAsync() => _enter();

    /// <summary>It ends; the one before serves on.</summary>
    public Task DiscardAsync() => _discard();
}
