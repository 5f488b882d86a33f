using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

/// <summary>Stands in the place of an exchange that was given up: what comes for it is thrown away.</summary>
public sealed class AbandonedExchange(RequestLabel label) : Exchange
{
    private SafeFileHandle? _nothing;

    /// <inheritdoc/>
    public override RequestLabel Label => label;

    public override ReadOnlySpan<byte> RequestFrame => [];

    /// <summary>An empty body for a worker that has begun and asks only now.</summary>
    public override SafeFileHandle? BodyFile => _nothing ??= File.OpenHandle("/dev/null");

    public override ValueTask OnFrameAsync(FrameHeader header, ReadOnlyMemory<byte> payload, SafeFileHandle? descriptor, bool more)
    {
        descriptor?.Dispose();
        if (IsLast(header.Kind))
            _nothing?.Dispose();
        return default;
    }

    public override void OnLost(bool begun) => _nothing?.Dispose();
}
