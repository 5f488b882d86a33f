using System.Buffers;
using System.Globalization;
using System.Text;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

/// <summary>A run on its way through a pool of job workers: a request whose environ names the job, whose answer is its result.</summary>
internal sealed class JobExchange : QueuedExchange
{
    private readonly JobCall _call;
    private readonly MarshalWriter _frame = new();
    private readonly ArrayBufferWriter<byte> _result = new();
    private readonly TaskCompletionSource<JobEnd> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JobExchange(JobCall call)
    {
        _call = call;
        Limit = call.Timeout ?? Timeout.InfiniteTimeSpan;
        int at = _frame.BeginFrame();
        _frame.BeginDict();
        Entry("REQUEST_METHOD", "JOB");
        Entry("lanner.job", call.Job);
        Entry("lanner.call", call.Call);
        Entry("lanner.arguments", call.Arguments);
        Entry("lanner.context_url", call.ContextUrl);
        Entry("lanner.request_id", call.Run);
        Entry("lanner.max_result", call.LargestResult.ToString(CultureInfo.InvariantCulture));
        _frame.EndDict();
        _frame.EndFrame(at, FrameKind.Request, (uint)(_frame.Count - at - FrameHeader.Size));
    }

    /// <summary>The end of the run.</summary>
    public Task<JobEnd> Done => _done.Task;

    /// <summary>It had not begun on a worker that is gone: it may go to another.</summary>
    public Action<JobExchange>? Again { get; init; }

    public override ReadOnlySpan<byte> RequestFrame => _frame.Written;

    public override SafeFileHandle? BodyFile => null;

    public override RequestLabel Label => new("JOB", _call.Job, _call.Run);

    public override ValueTask OnFrameAsync(FrameHeader header, ReadOnlyMemory<byte> payload, SafeFileHandle? descriptor, bool more)
    {
        descriptor?.Dispose();
        switch (header.Kind)
        {
            case FrameKind.Response:
                var reader = new MarshalReader(payload.Span);
                reader.Value();
                Keep(payload.Span[reader.Position..]);
                break;
            case FrameKind.Data:
                Keep(payload.Span);
                break;
            case FrameKind.Error:
                string text = new MarshalReader(payload.Span).Value() is List<object?> { Count: 2 } pair && pair[1] is string told ? told : "";
                End(JobEnding.Failed, text);
                break;
        }
        if (IsLast(header.Kind))
            End(JobEnding.Succeeded, "");
        return default;
    }

    public override void OnLost(bool begun)
    {
        if (begun || Again is null)
            End(JobEnding.Interrupted, "its worker ended while it ran");
        else
            Again(this);
    }

    public override void OnRefused(Refusal refusal) => End(JobEnding.NotBegun, "the app has no job worker now");

    public override void OnExpired() => End(JobEnding.TimedOut, $"it ran for longer than {Limit.TotalSeconds:0.###} s (timeout)");

    private void End(JobEnding ending, string traceback) => _done.TrySetResult(new JobEnd(
        ending, ending == JobEnding.Succeeded ? Encoding.UTF8.GetString(_result.WrittenSpan) : "", traceback, ending == JobEnding.NotBegun ? 0 : WorkerPid));

    private void Keep(ReadOnlySpan<byte> piece)
    {
        if (_result.WrittenCount + piece.Length <= _call.LargestResult)
            _result.Write(piece);
    }

    private void Entry(string key, string value)
    {
        _frame.Str(key);
        _frame.Str(value);
    }
}
