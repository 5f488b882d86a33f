namespace Lanner.Server.Tests.AccessLog;

/// <summary>A disk that the test holds up, breaks and mends.</summary>
internal sealed class GatedStream : MemoryStream
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the first write has come and waits.</summary>
    public Task Entered => _entered.Task;

    public bool IsBroken { get; set; }

    public void Open() => _open.TrySetResult();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _entered.TrySetResult();
        await _open.Task;
        if (IsBroken) throw new IOException("No space left on device");
        Write(buffer.Span);
    }
}
