using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lanner.Control;

/// <summary>
/// Who changed what, and what came of it: one JSON object a line, in a file that is its owner's alone. The file is opened for each
/// line, so that it can be moved away at any time. A change is made all the same when its line cannot be written; the log says so.
/// </summary>
internal sealed partial class AuditLog(string? path, ServerEvents events, TimeProvider time, ILogger log)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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
        DateTimeOffset now = time.GetUtcNow();
        Action<Utf8JsonWriter> members = Members(action, context, caller, target, note, status);
        string who = Describe(context, caller);
        Changed(log, who, action, target ?? "the server", status);
        events.Publish("audit", now, members);
        if (path is null)
            return;
        var line = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(line, s_json))
        {
            json.WriteStartObject();
            StateJson.WriteMoment(json, "time", now);
            members(json);
            json.WriteString("path", $"{context.Request.Path}{context.Request.QueryString}");
            json.WriteEndObject();
        }
        line.Write("\n"u8);
        // Files are not for the threads of the sockets.
        await Task.Run(() => Append(line.WrittenMemory.Span));
    }

    private static Action<Utf8JsonWriter> Members(string action, HttpContext context, ControlCaller? caller, string? target, string? note, int status)
    {
        UnixPeer? peer = UnixPeer.Of(context);
        string? user = peer?.UserName();
        string? address = peer is null ? context.Connection.RemoteIpAddress?.ToString() : null;
        return json =>
        {
            json.WriteString("action", action);
            json.WriteString("target", target);
            json.WriteString("note", note);
            json.WriteNumber("status", status);
            json.WriteBoolean("done", status < StatusCodes.Status400BadRequest);
            json.WriteStartObject("who");
            json.WriteString("by", caller?.Word ?? "nobody");
            if (peer is { } process)
            {
                json.WriteNumber("uid", process.Uid);
                json.WriteNumber("pid", process.Pid);
                json.WriteString("user", user);
            }
            if (address is not null)
                json.WriteString("address", address);
            if (caller?.Session is { } session)
                json.WriteString("session", session[..8]);
            json.WriteEndObject();
        };
    }

    /// <summary>Who asks, for people.</summary>
    internal static string Describe(HttpContext context, ControlCaller? caller) => UnixPeer.Of(context) is { } peer
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{peer.UserName() ?? "somebody"} (uid {peer.Uid}, pid {peer.Pid})")
        : $"{context.Connection.RemoteIpAddress} ({caller?.Word ?? "nobody"})";

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
