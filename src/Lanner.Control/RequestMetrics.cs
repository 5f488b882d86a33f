using System.Globalization;
using Lanner.Gateway;
using Lanner.Supervision;
using Pair = System.Collections.Generic.KeyValuePair<string, string>;

namespace Lanner.Control;

/// <summary>Requests as clients saw them. Those that no app's mount answers have an empty label <c>app</c>.</summary>
internal static class RequestMetrics
{
    public static IEnumerable<MetricFamily> Collect(IReadOnlyList<(string App, RequestFigures Figures)> apps)
    {
        var requests = new MetricFamily("lanner_http_requests_total", "counter", "Finished requests, by method and class of status; none: the client left before there was any.");
        var errors = new MetricFamily("lanner_http_errors_total", "counter", "Requests that the server answered in the app's place, or cut off, by the code of the header Lanner-Error.");
        foreach ((string app, RequestFigures figures) in apps)
        {
            var label = new Pair("app", app);
            for (int method = 0; method < RequestFigures.Methods.Count; method++)
            {
                for (int status = 0; status < RequestFigures.Statuses.Count; status++)
                {
                    if (figures.Requests(method, status) is > 0 and var count)
                        requests.Add(count, label, new Pair("method", RequestFigures.Methods[method]), new Pair("status", RequestFigures.Statuses[status]));
                }
            }
            for (int error = 0; error < GatewayError.All.Count; error++)
            {
                if (figures.Errors(error) is > 0 and var count)
                    errors.Add(count, label, new Pair("code", GatewayError.All[error].Code));
            }
        }
        yield return requests;
        yield return errors;
        yield return Histogram("lanner_http_request_duration_seconds", "From the head of a request to the end of its answer.", apps, static figures => figures.Duration);
        yield return Histogram("lanner_http_request_queue_seconds", "How long requests waited for a thread.", apps, static figures => figures.Queue);
        yield return Histogram("lanner_http_request_app_seconds", "How long requests were in the app.", apps, static figures => figures.App);
    }

    private static MetricFamily Histogram(string name, string help, IReadOnlyList<(string App, RequestFigures Figures)> apps, Func<RequestFigures, TimeHistogram> read)
    {
        var family = new MetricFamily(name, "histogram", help);
        foreach ((string app, RequestFigures figures) in apps)
        {
            TimeHistogram histogram = read(figures);
            var label = new Pair("app", app);
            long below = 0;
            for (int i = 0; i < histogram.Counts.Count; i++)
            {
                below += histogram.Counts[i];
                string bound = i < RequestFigures.Bounds.Count ? RequestFigures.Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                family.Add("_bucket", below, label, new Pair("le", bound));
            }
            family.Add("_sum", histogram.Seconds, label);
            family.Add("_count", below, label);
        }
        return family;
    }
}
