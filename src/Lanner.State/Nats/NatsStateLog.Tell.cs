using Microsoft.Extensions.Logging;
using NATS.Client.Core;

namespace Lanner.State.Nats;

/// <summary>Messages to all nodes that are there now; JetStream has no part in them.</summary>
public sealed partial class NatsStateLog
{
    /// <summary>Messages that wait to be handed on; more are lost.</summary>
    private const int MostTold = 10_000;

    /// <summary>Done when messages are listened to for the first time: the log cannot be used before.</summary>
    private readonly TaskCompletionSource _isListening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public Action<ReadOnlyMemory<byte>>? Told { get; set; }

    /// <inheritdoc/>
    public async Task TellAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        if (message.Length > _parts.PartSize)
            throw new ArgumentException($"a message of {message.Length:N0} bytes is too long to be told: {_parts.PartSize:N0} at most", nameof(message));
        if (_connector.Link is { } link)
            await link.PublishAsync(_streams.Told, message, cancellationToken);
    }

    /// <summary>Listens on one link after the other.</summary>
    private async Task ListenAsync()
    {
        TimeSpan pause = TimeSpan.Zero;
        try
        {
            while (true)
            {
                NatsLink link = await _connector.LinkAsync(patient: true, _ending.Token);
                try
                {
                    await ListenAsync(link);
                    pause = TimeSpan.Zero;
                }
                catch (LogFaultException)
                {
                    pause = await _jetStream.PauseAsync(pause, _ending.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            _isListening.TrySetCanceled(_ending.Token);
        }
    }

    private async Task ListenAsync(NatsLink link)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token, link.Lost);
        INatsSub<byte[]> subscription = await link.SubscribeAsync(_streams.Told, MostTold, _ending.Token);
        _isListening.TrySetResult();
        try
        {
            await foreach (NatsMsg<byte[]> message in subscription.Msgs.ReadAllAsync(stop.Token))
            {
                link.Hear();
                HandOn(message.Data);
            }
        }
        catch (OperationCanceledException) when (!_ending.IsCancellationRequested)
        {
            // On to the next link. The subscription ends with this one.
        }
    }

    private void HandOn(ReadOnlyMemory<byte> message)
    {
        try
        {
            Told?.Invoke(message);
        }
        catch (Exception e)
        {
            NotTaken(_log, e);
        }
    }

    [LoggerMessage(5143, LogLevel.Error, "a message of another node was not taken")]
    private static partial void NotTaken(ILogger log, Exception failure);
}
