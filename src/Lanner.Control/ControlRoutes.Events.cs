using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>What happens, told as it happens.</summary>
internal sealed partial class ControlRoutes
{
    private ControlRoute[] EventRoutes() =>
    [
        Get("/v1/events", "What happens, as server-sent events.", null, Events) with
        {
            ContentType = "text/event-stream",
            Problems = ["too-many-readers"],
            Parameters = [new ControlParameter("header", "Last-Event-ID", "The number of the last event that the reader has had: later ones that are kept come first.")],
        },
    ];

    private ControlAnswer Events(ControlRequest request)
    {
        long? last = long.TryParse(request.Http.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
        if (HttpMethods.IsHead(request.Http.Method))
            return new ControlAnswer(StatusCodes.Status200OK, "text/event-stream", ReadOnlyMemory<byte>.Empty);
        EventReader? reader = _events.Open(last);
        if (reader is null)
            return ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, "too-many-readers", $"{ServerEvents.MostReaders} clients read events already, or the server ends");
        return new ControlAnswer(StatusCodes.Status200OK, "text/event-stream", ReadOnlyMemory<byte>.Empty)
        {
            Stream = (response, left) => SendAsync(reader, response, left),
        };
    }

    private async Task SendAsync(EventReader reader, HttpResponse response, CancellationToken left)
    {
        try
        {
            await reader.SendAsync(response, _time, left);
        }
        finally
        {
            _events.Forget(reader);
            reader.Dispose();
        }
    }
}
