using System.Text.Json;
using Lanner.Control.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lanner.Control.Events;

/// <summary>
/// Who changed what, and what came of it: one JSON object a line, in a file that is its owner's alone. The file is opened for each
/// line, so that it can be moved away at any time. A change is made all the same when its line cannot be written; the log says so.
/// </summary>
internal sealed partial class AuditLog(string? path, ServerEvents events, TimeProvider time, ILogger log)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Lock _gate = new();

    /// <summary>Notes a change, or the attempt of one.</summary>
    /// <param name="action">The word for it.</param>
    /// <param name="context">The request that asked for it.</param>
    /// <param name="caller">Who did; null when that was refused.</param>
    /// <param name="target">What it was done to; null for the server.</param>
    /// <param name="note">Further particulars, or null.</param>
    /// <param name="status">What was answered.</param>
    public async Task WriteAsync(string action, HttpContext context, ControlCaller? caller, string? target, string? note, int status)
    {
        string who = Describe(context, caller);
        Changed(log, who, action, target ?? "the server", status);
        var change = new AuditEvent
        {
            At = time.GetUtcNow(),
            Action = action,
            Target = target,
            Note = note,
            Status = status,
            Done = status < StatusCodes.Status400BadRequest,
            Who = Who(context, caller),
        };
        events.Publish(change);
        if (path is null)
            return;
        var line = AuditLine.Of(change, $"{context.Request.Path}{context.Request.QueryString}");
        byte[] text = [.. JsonSerializer.SerializeToUtf8Bytes(line, ControlJson.Of<AuditLine>()), (byte)'\n'];
        // Files are not for the threads of the sockets.
        await Task.Run(() => Append(text));
    }

    private static WhoBody Who(HttpContext context, ControlCaller? caller)
    {
        CallerKind by = caller?.Kind ?? CallerKind.Nobody;
        return UnixPeer.Of(context) is { } peer
            ? new LocalWhoBody { By = by, Uid = peer.Uid, Pid = peer.Pid, User = peer.UserName() }
            : new RemoteWhoBody { By = by, Address = context.Connection.RemoteIpAddress?.ToString(), Session = caller?.Session?[..8] };
    }

    /// <summary>Who asks, for people.</summary>
    internal static string Describe(HttpContext context, ControlCaller? caller) => UnixPeer.Of(context) is { } peer
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{peer.UserName() ?? "somebody"} (uid {peer.Uid}, pid {peer.Pid})")
        : $"{context.Connection.RemoteIpAddress} ({Words.Of(caller?.Kind ?? CallerKind.Nobody)})";

    private void Append(ReadOnlySpan<byte> line)
    {
        try
        {
            lock (_gate)
            {
                if (Path.GetDirectoryName(path) is { } directory && !Directory.Exists(directory))
                    Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
                using var file = new FileStream(path!, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, UnixCreateMode = OwnerOnly, BufferSize = 0 });
                file.Write(line);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NotWritten(log, path!, e.Message);
        }
    }

    [LoggerMessage(4002, LogLevel.Information, "control: {Who}: {Action} of {Target}: {Status}")]
    private static partial void Changed(ILogger log, string who, string action, string target, int status);

    [LoggerMessage(4003, LogLevel.Error, "the audit log {Path} cannot be written, the change was made all the same: {Why}")]
    private static partial void NotWritten(ILogger log, string path, string why);
}
