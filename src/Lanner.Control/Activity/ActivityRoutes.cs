using System.Globalization;
using Lanner.Control.Apps;

namespace Lanner.Control.Activity;

/// <summary>What an app does now and did of late: its threads, its requests, its load by the second, its errors.</summary>
internal sealed class ActivityRoutes(IControlledServer server)
{
    public IEnumerable<ControlRoute> All() =>
    [
        Shown("threads", "What every thread of an app's workers does.", static (app, _) => ThreadsBody.Of(app)),
        Shown("requests", "The requests that are with a worker or in line.", static (app, _) => RequestsBody.Of(app)),
        Shown("history", "What the app had to do in each of the last seconds.", static (app, request) => HistoryBody.Of(app, After(request.Http.Query["after"])))
            with { Parameters = [new ControlParameter("query", "after", "Only what came later than this moment.")] },
        Shown("errors", "The errors that requests last ended with.", static (app, _) => ErrorsBody.Of(app)),
    ];

    private ControlRoute Shown<T>(string what, string summary, Func<ControlledApp, ControlRequest, T> show)
        where T : class =>
        ControlRoute.Get<T>($"/v1/apps/{{name}}/{what}", summary, request => server.InApp(request.Values[0], app => ControlAnswer.Json(show(app, request)))) with { Problems = ["unknown-app"] };

    /// <summary>The moment that <c>?after=</c> names; the beginning of time without one, or when it is none.</summary>
    private static DateTimeOffset After(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment) ? moment : DateTimeOffset.MinValue;
}
