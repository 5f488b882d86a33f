using System.Text.Json;
using Lanner.State.Locks;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>What an app does now, and did of late: see <see cref="ActivityJson"/>; the locks that are held.</summary>
internal sealed partial class ControlRoutes
{
    private const int MostLocks = 1000;

    private ControlRoute[] Activity() =>
    [
        Shown("/v1/apps/{name}/threads", "What every thread of an app's workers does.", "Threads", ActivityJson.WriteThreads),
        Shown("/v1/apps/{name}/requests", "The requests that are with a worker or in line.", "Requests", ActivityJson.WriteRequests),
        Get("/v1/apps/{name}/history", "What the app had to do in each of the last seconds.", "History", request =>
            InApp(request.Values[0], app => ControlAnswer.Json(StatusCodes.Status200OK, json => ActivityJson.WriteHistory(json, app, ActivityJson.After(request.Http.Query["after"])))))
            with { Problems = ["unknown-app"], Parameters = [new ControlParameter("query", "after", "Only what came later than this moment.")] },
        Shown("/v1/apps/{name}/errors", "The errors that requests last ended with.", "Errors", ActivityJson.WriteErrors),
        Get("/v1/locks", "The locks that are held, those for which most wait first; at most 1,000.", "Locks", _ => Locks()),
    ];

    private ControlAnswer Locks() => ControlAnswer.Json(StatusCodes.Status200OK, json =>
    {
        json.WriteStartArray("locks");
        foreach ((string app, HeldLock held) in _server.HeldLocks(MostLocks))
        {
            json.WriteStartObject();
            json.WriteString("app", app);
            json.WriteString("name", held.Name);
            json.WriteString("holder", held.Holder);
            json.WriteNumber("number", held.Number);
            json.WriteString("since", held.Since.UtcDateTime);
            json.WriteNumber("waiting", held.Waiting);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private ControlRoute Shown(string path, string summary, string schema, Action<Utf8JsonWriter, ControlledApp> write) =>
        Get(path, summary, schema, request => InApp(request.Values[0], app => ControlAnswer.Json(StatusCodes.Status200OK, json => write(json, app)))) with { Problems = ["unknown-app"] };
}
