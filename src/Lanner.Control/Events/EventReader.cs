using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control.Events;

/// <summary>
/// One client that reads events. What it has not been sent yet waits here, up to a bound; beyond, it is cut off, so that a client
/// that has fallen asleep costs nothing and holds nobody up.
/// </summary>
internal sealed class EventReader(IReadOnlyList<EventFrame> missed, bool hasGap, long last) : IDisposable
{
    /// <summary>Events that may wait for the client.</summary>
    public const int Longest = 256;

    /// <summary>Proxies and clients take a connection for dead on which nothing comes for long.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private readonly Channel<EventFrame> _waiting = Channel.CreateBounded<EventFrame>(new BoundedChannelOptions(Longest) { SingleReader = true });
    private readonly CancellationTokenSource _cut = new();

    /// <summary>False when the client does not keep up: then it is cut off.</summary>
    public bool TryTake(EventFrame news)
    {
        if (_waiting.Writer.TryWrite(news))
            return true;
        End();
        // Not here: what is cancelled would run within the publisher's lock.
        _ = _cut.CancelAsync();
        return false;
    }

    /// <summary>No more events come; those that wait are still sent.</summary>
    public void End() => _waiting.Writer.TryComplete();

    /// <summary>Sends what comes until the client goes or the server ends.</summary>
    public async Task SendAsync(HttpResponse response, TimeProvider time, CancellationToken left)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(left, _cut.Token);
        try
        {
            await response.Body.WriteAsync(Beginning(), either.Token);
            foreach (EventFrame news in missed)
                await response.Body.WriteAsync(news.Bytes(), either.Token);
            while (true)
            {
                while (_waiting.Reader.TryRead(out EventFrame? news))
                    await response.Body.WriteAsync(news.Bytes(), either.Token);
                await response.Body.FlushAsync(either.Token);
                if (!await WaitAsync(response, time, left, either.Token))
                    return;
            }
        }
        catch (OperationCanceledException) when (_cut.IsCancellationRequested)
        {
            response.HttpContext.Abort();
        }
    }

    public void Dispose() => _cut.Dispose();

    /// <summary>Tells how soon to come again, and whether events are lost that the client has not had.</summary>
    private byte[] Beginning()
    {
        const string Start = "retry: 2000\n\n";
        return Encoding.UTF8.GetBytes(hasGap
            ? string.Create(CultureInfo.InvariantCulture, $"{Start}id: {(missed.Count > 0 ? missed[0].Id - 1 : last)}\nevent: gap\ndata: {{}}\n\n")
            : Start);
    }

    /// <summary>Waits for an event; false when none comes any more.</summary>
    private async Task<bool> WaitAsync(HttpResponse response, TimeProvider time, CancellationToken left, CancellationToken either)
    {
        Task<bool> more = _waiting.Reader.WaitToReadAsync(left).AsTask();
        while (true)
        {
            try
            {
                return await more.WaitAsync(Heartbeat, time, left);
            }
            catch (TimeoutException)
            {
                await response.Body.WriteAsync(":\n\n"u8.ToArray(), either);
                await response.Body.FlushAsync(either);
            }
        }
    }
}
