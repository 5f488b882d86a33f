using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

/// <summary>
/// One request and its answer as the wire sees them. The gateway derives from it; a <see cref="Channel"/> calls it, one
/// call at a time, from the loop that reads the channel.
/// </summary>
public abstract class Exchange
{
    /// <summary>The request as one encoded frame; stays the same until the exchange is over, so that it can be sent again.</summary>
    public abstract ReadOnlySpan<byte> RequestFrame { get; }

    /// <summary>The file that holds the request's body, when the frame says so.</summary>
    public abstract SafeFileHandle? BodyFile { get; }

    /// <summary>What it is, for people. Read under locks of the channel and the pool: fields, no more.</summary>
    public virtual RequestLabel Label => default;

    /// <summary>
    /// A frame of the answer. The payload is valid until the returned task is done; the channel reads no further before, so a
    /// slow task is back-pressure on the worker. After a last frame (<see cref="IsLast"/>) no other comes. A long piece of a
    /// body comes as several frames <see cref="FrameKind.Data"/>.
    /// </summary>
    /// <param name="header">The frame's header; its length is that of the payload.</param>
    /// <param name="payload">The frame's content.</param>
    /// <param name="descriptor">What came beside a frame <see cref="FrameKind.File"/>; the exchange disposes of it.</param>
    /// <param name="more">Whether more has been read already and will follow at once: a flush may wait for it.</param>
    /// <exception cref="WireException">The payload is not what the wire allows: the channel is closed.</exception>
    public abstract ValueTask OnFrameAsync(FrameHeader header, ReadOnlyMemory<byte> payload, SafeFileHandle? descriptor, bool more);

    /// <summary>
    /// The answer will not come (or not end). When the app has not <paramref name="begun"/>, the request may be sent to
    /// another worker; it has had no effect.
    /// </summary>
    public abstract void OnLost(bool begun);

    /// <summary>Whether a frame of this kind ends an answer.</summary>
    public static bool IsLast(FrameKind kind) => kind is FrameKind.Response or FrameKind.End or FrameKind.File or FrameKind.Error;
}

/// <summary>Who is told how a channel fares: the pool that places exchanges on it.</summary>
public interface IChannelOwner
{
    /// <summary>
    /// The last frame of an exchange has been read: its thread takes the next. Called before that frame is handled; what is
    /// placed on the channel here is sent together, after all frames of the same read.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <param name="micros">Time in the app as the worker measured it, µs.</param>
    void OnFinished(Channel channel, uint micros);

    /// <summary>
    /// The worker skipped a request. It had been <paramref name="withdrawn"/>, or else it had seemed begun at the withdrawal
    /// though it was not: then its exchange is told after this call.
    /// </summary>
    void OnSkipped(Channel channel, bool withdrawn);

    /// <summary>The channel is closed, once; its exchanges have been told. The error is null when it was closed from here or by the end of the worker.</summary>
    void OnClosed(Channel channel, WireException? error);
}
