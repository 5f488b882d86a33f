using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Gateway;

/// <summary>
/// A request's body, read to its end before a thread of the app is used: in memory up to a bound, then in an unnamed
/// temporary file. A client that sends slowly holds only this.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    private byte[]? _rented;
    private int _count;

    private RequestBody()
    {
    }

    /// <summary>No body.</summary>
    public static RequestBody Empty { get; } = new();

    /// <summary>The body, when it is in memory.</summary>
    public ReadOnlySpan<byte> InMemory => _rented.AsSpan(0, _count);

    /// <summary>The file, when the body is in one.</summary>
    public SafeFileHandle? File { get; private set; }

    /// <summary>Its length in bytes; null when the request spoke of no body.</summary>
    public long? Length { get; private set; }

    /// <summary>Reads the whole body of a request.</summary>
    /// <returns>The body, or why there is none to be had; neither when the client is gone.</returns>
    public static async ValueTask<(RequestBody? Body, GatewayError? Error)> ReadAsync(HttpContext context, GatewaySettings settings, TimeProvider time)
    {
        long? announced = context.Request.ContentLength;
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
            return (announced is null ? Empty : new RequestBody { Length = 0 }, null);
        if (announced > settings.MaxBody)
            return (null, GatewayError.BodyTooLarge);
        var body = new RequestBody { Length = 0 };
        PipeReader reader = context.Request.BodyReader;
        using var silence = new CancellationTokenSource(settings.BodyTimeout, time);
        // A read that its own token ends would leave the reader in a state that Kestrel, which reads on to the end, takes for a fault.
        using CancellationTokenRegistration ending = silence.Token.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), reader);
        try
        {
            while (true)
            {
                ReadResult read = await reader.ReadAsync();
                if (read.IsCanceled)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    body.Dispose();
                    return (null, GatewayError.RequestIncomplete);
                }
                if (body.Length + read.Buffer.Length > settings.MaxBody)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    body.Dispose();
                    return (null, GatewayError.BodyTooLarge);
                }
                string? fault = await body.AppendAsync(read.Buffer, announced, settings);
                reader.AdvanceTo(read.Buffer.End);
                if (fault is not null)
                {
                    body.Dispose();
                    return (null, GatewayError.BodyNotStored with { Reason = fault });
                }
                if (read.IsCompleted)
                    return (body, null);
                silence.CancelAfter(settings.BodyTimeout);
            }
        }
        catch (BadHttpRequestException e)
        {
            body.Dispose();
            return (null, new GatewayError("request-incomplete", e.StatusCode, e.Message));
        }
        catch (Exception e) when (e is ConnectionResetException or ConnectionAbortedException or OperationCanceledException)
        {
            body.Dispose();
            return (null, null);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        File?.Dispose();
        File = null;
        if (_rented is { } rented)
        {
            _rented = null;
            _count = 0;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Null, or why the bytes cannot be kept.</summary>
    private async ValueTask<string?> AppendAsync(ReadOnlySequence<byte> bytes, long? announced, GatewaySettings settings)
    {
        long length = Length!.Value + bytes.Length;
        if (File is null && length <= settings.BodyMemory)
        {
            Reserve((int)Math.Max(length, Math.Min(announced ?? 0, settings.BodyMemory)));
            bytes.CopyTo(_rented.AsSpan(_count));
            _count += (int)bytes.Length;
        }
        else
        {
            try
            {
                await ToFileAsync(bytes, settings);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return e.Message;
            }
        }
        Length = length;
        return null;
    }

    private async ValueTask ToFileAsync(ReadOnlySequence<byte> bytes, GatewaySettings settings)
    {
        if (File is null)
        {
            File = TemporaryFile.Open(settings.SpoolDirectory);
            await RandomAccess.WriteAsync(File, _rented.AsMemory(0, _count), 0);
        }
        long at = Length!.Value;
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            await RandomAccess.WriteAsync(File, segment, at);
            at += segment.Length;
        }
    }

    private void Reserve(int size)
    {
        if (_rented is null)
        {
            _rented = ArrayPool<byte>.Shared.Rent(size);
        }
        else if (_rented.Length < size)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(size * 2);
            _rented.AsSpan(0, _count).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = larger;
        }
    }
}
