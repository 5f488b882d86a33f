using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control.Events;

/// <summary>What happens, told as it happens.</summary>
internal sealed class EventRoutes(ServerEvents events, TimeProvider time)
{
    private const string ContentType = "text/event-stream";

    public IEnumerable<ControlRoute> All() =>
    [
        ControlRoute.Get("/v1/events", "What happens, as server-sent events.", ContentType, Open) with
        {
            Events = EventKinds.All,
            Problems = ["too-many-readers"],
            Parameters = [new ControlParameter("header", "Last-Event-ID", "The number of the last event that the reader has had: later ones that are kept come first.")],
        },
    ];

    private ControlAnswer Open(ControlRequest request)
    {
        long? last = long.TryParse(request.Http.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
        if (HttpMethods.IsHead(request.Http.Method))
            return ControlAnswer.Bytes(ContentType, ReadOnlyMemory<byte>.Empty);
        if (events.Open(last) is not { } reader)
            return ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, "too-many-readers", $"{ServerEvents.MostReaders} clients read events already, or the server ends");
        return new ControlAnswer(StatusCodes.Status200OK, ContentType) { Stream = (response, left) => SendAsync(reader, response, left) };
    }

    private async Task SendAsync(EventReader reader, HttpResponse response, CancellationToken left)
    {
        try
        {
            await reader.SendAsync(response, time, left);
        }
        finally
        {
            events.Forget(reader);
            reader.Dispose();
        }
    }
}
