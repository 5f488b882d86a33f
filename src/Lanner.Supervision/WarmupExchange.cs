using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

/// <summary>A request that the server itself asks of a thread that takes no traffic yet.</summary>
internal sealed class WarmupExchange : QueuedExchange
{
    private readonly MarshalWriter _frame = new();
    private readonly WarmupRequest _asked;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WarmupExchange(WarmupRequest asked)
    {
        _asked = asked;
        (string path, string query) = asked.Target.IndexOf('?', StringComparison.Ordinal) is var mark and >= 0
            ? (asked.Target[..mark], asked.Target[(mark + 1)..])
            : (asked.Target, "");
        int at = _frame.BeginFrame();
        _frame.BeginDict();
        Entry("REQUEST_METHOD", "GET");
        Entry("SCRIPT_NAME", asked.ScriptName);
        Entry("PATH_INFO", Uri.UnescapeDataString(path)[asked.ScriptName.Length..]);
        Entry("QUERY_STRING", query);
        Entry("RAW_URI", asked.Target);
        Entry("REQUEST_URI", asked.Target);
        Entry("SERVER_PROTOCOL", "HTTP/1.1");
        Entry("SERVER_NAME", asked.Host);
        Entry("SERVER_PORT", "80");
        Entry("REMOTE_ADDR", "127.0.0.1");
        Entry("wsgi.url_scheme", "http");
        Entry("HTTP_HOST", asked.Host);
        Entry("HTTP_USER_AGENT", "lanner-warmup");
        Entry("HTTP_ACCEPT", "*/*");
        Entry("lanner.request_id", "warmup");
        Entry("HTTP_X_REQUEST_ID", "warmup");
        _frame.EndDict();
        _frame.EndFrame(at, FrameKind.Request, (uint)(_frame.Count - at - FrameHeader.Size));
    }

    /// <summary>Done when the whole answer has come and is none of an error.</summary>
    /// <exception cref="AppLoadException">It is.</exception>
    public Task Done => _done.Task;

    public override ReadOnlySpan<byte> RequestFrame => _frame.Written;

    public override SafeFileHandle? BodyFile => null;

    public override RequestLabel Label => new("GET", _asked.Target, "warm-up");

    public override ValueTask OnFrameAsync(FrameHeader header, ReadOnlyMemory<byte> payload, SafeFileHandle? descriptor, bool more)
    {
        descriptor?.Dispose();
        switch (header.Kind)
        {
            case FrameKind.Response or FrameKind.Head:
                Judge(payload.Span);
                break;
            case FrameKind.File:
                Judge(payload.Span[(2 * sizeof(long))..]);
                break;
            case FrameKind.Error:
                string text = new MarshalReader(payload.Span).Value() is List<object?> { Count: 2 } pair && pair[1] is string told ? told : "";
                Fail("failed", text);
                break;
        }
        if (IsLast(header.Kind))
            _done.TrySetResult();
        return default;
    }

    public override void OnLost(bool begun) => Fail("was not answered: the worker ended");

    public override void OnRefused(Refusal refusal) => Fail("was not taken");

    public override void OnExpired() => Fail("took longer than request_timeout allows");

    private void Judge(ReadOnlySpan<byte> head)
    {
        var reader = new MarshalReader(head);
        if (reader.Value() is List<object?> { Count: > 0 } values && values[0] is string status && status.StartsWith('5'))
            Fail($"was answered {status}");
    }

    private void Fail(string what, string traceback = "") =>
        _done.TrySetException(new AppLoadException($"the warm-up request {_asked.Target} {what}", traceback));

    private void Entry(string key, string value)
    {
        _frame.Str(key);
        _frame.Str(value);
    }
}
