using System.Threading.Channels;
using Lanner.Supervision;

namespace Lanner.Control.Events;

/// <summary>
/// Makes events of what happens to apps. What is told is noted at once, and published by a loop of its own: the supervision never
/// waits for it. After each piece of news it looks at the app: when its state has changed, that is an event too.
/// </summary>
public sealed class AppNewsFeed : IAsyncDisposable
{
    private readonly Channel<AppNews> _news = Channel.CreateUnbounded<AppNews>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<string, (AppState State, int Generation, int Wanted)> _known = [];
    private readonly ServerEvents _events;
    private readonly Task _publishing;

    /// <param name="events">Where they are published.</param>
    /// <param name="find">Gives an app by its name, or null.</param>
    public AppNewsFeed(ServerEvents events, Func<string, AppStatus?> find)
    {
        _events = events;
        _publishing = PublishAsync(find);
    }

    /// <summary>Takes a piece of news, from any thread.</summary>
    public void Tell(AppNews news) => _news.Writer.TryWrite(news);

    /// <summary>Publishes what has been told, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _news.Writer.TryComplete();
        await _publishing;
    }

    private async Task PublishAsync(Func<string, AppStatus?> find)
    {
        await foreach (AppNews news in _news.Reader.ReadAllAsync())
        {
            Publish(news);
            if (find(news.App) is { } app)
                PublishState(app, news.At);
        }
    }

    private void Publish(AppNews news)
    {
        switch (news)
        {
            case WorkerNews worker:
                _events.Publish(new WorkerEvent { At = worker.At, App = worker.App, Pid = worker.Pid, Slot = worker.Slot, Generation = worker.Generation, State = worker.State, Reason = worker.Reason });
                break;
            case DeathNews death:
                _events.Publish(new DeathEvent { At = death.At, App = death.App, Process = death.Slot is null ? ProcessKind.Template : ProcessKind.Worker, Pid = death.Pid, Slot = death.Slot, Reason = death.Reason });
                break;
            case ReloadNews reload:
                _events.Publish(new ReloadEvent { At = reload.At, App = reload.App, Generation = reload.Generation, Done = reload.Failure is null, Message = reload.Failure?.Message, Traceback = reload.Failure?.Traceback });
                break;
        }
    }

    private void PublishState(AppStatus app, DateTimeOffset at)
    {
        (AppState, int, int) now = (app.State, app.Generation, app.Wanted);
        if (_known.TryGetValue(app.App.Name, out (AppState, int, int) before) && before == now)
            return;
        _known[app.App.Name] = now;
        _events.Publish(new AppEvent { At = at, App = app.App.Name, State = app.State, Generation = app.Generation, WorkersWanted = app.Wanted });
    }
}
