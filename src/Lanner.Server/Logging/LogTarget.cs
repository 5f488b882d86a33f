namespace Lanner.Server.Logging;

/// <summary>Where the lines of a log go. Used by one task at a time.</summary>
internal abstract class LogTarget : IAsyncDisposable
{
    /// <summary>Writes whole lines. When that fails nothing of them is left behind where that can be had, and the exception is one of IO.</summary>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> lines);

    /// <summary>Opens it again by its name; when that fails the old one goes on, and the exception is one of IO.</summary>
    public abstract ValueTask ReopenAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>
    /// Whether a log cannot be written for such a reason; anything else is a fault of this program. A file that may not grow (EFBIG) is
    /// an argument out of range to .NET.
    /// </summary>
    public static bool IsFailure(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException or ArgumentOutOfRangeException;
}

/// <summary>A stream, such as standard error.</summary>
internal sealed class StreamTarget(Func<Stream> open) : LogTarget
{
    private Stream _stream = open();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> lines)
    {
        await _stream.WriteAsync(lines);
        await _stream.FlushAsync();
    }

    public override async ValueTask ReopenAsync()
    {
        Stream next = open();
        await _stream.DisposeAsync();
        _stream = next;
    }

    public override ValueTask DisposeAsync() => _stream.DisposeAsync();
}
