using System.Threading.Channels;
using Lanner.Supervision;

namespace Lanner.Control;

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
                _events.Publish("worker", worker.At, json =>
                {
                    json.WriteString("app", worker.App);
                    json.WriteNumber("pid", worker.Pid);
                    json.WriteNumber("slot", worker.Slot);
                    json.WriteNumber("generation", worker.Generation);
                    json.WriteString("state", Words.Of(worker.State));
                    json.WriteString("reason", worker.Reason);
                });
                break;
            case DeathNews death:
                _events.Publish("death", death.At, json =>
                {
                    json.WriteString("app", death.App);
                    json.WriteString("process", death.Slot is null ? "template" : "worker");
                    json.WriteNumber("pid", death.Pid);
                    if (death.Slot is { } slot)
                        json.WriteNumber("slot", slot);
                    else
                        json.WriteNull("slot");
                    json.WriteString("reason", death.Reason);
                });
                break;
            case ReloadNews reload:
                _events.Publish("reload", reload.At, json =>
                {
                    json.WriteString("app", reload.App);
                    json.WriteNumber("generation", reload.Generation);
                    json.WriteBoolean("done", reload.Failure is null);
                    json.WriteString("message", reload.Failure?.Message);
                    json.WriteString("traceback", reload.Failure?.Traceback);
                });
                break;
        }
    }

    private void PublishState(AppStatus app, DateTimeOffset at)
    {
        (AppState, int, int) now = (app.State, app.Generation, app.Wanted);
        if (_known.TryGetValue(app.App.Name, out (AppState, int, int) before) && before == now)
            return;
        _known[app.App.Name] = now;
        _events.Publish("app", at, json =>
        {
            json.WriteString("app", app.App.Name);
            json.WriteString("state", Words.Of(app.State));
            json.WriteNumber("generation", app.Generation);
            json.WriteNumber("workers_wanted", app.Wanted);
        });
    }
}
