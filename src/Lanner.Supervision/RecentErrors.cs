namespace Lanner.Supervision;

/// <summary>
/// The last errors that requests to an app ended with: those that the app raised with their tracebacks, and those that the
/// server answered in its place. The same error again is counted, not kept twice.
/// </summary>
public sealed class RecentErrors(TimeProvider time)
{
    /// <summary>Different errors that are kept; the one not seen for longest goes first.</summary>
    public const int Most = 50;

    /// <summary>Characters of a traceback that are kept, half from its start and half from its end.</summary>
    public const int LongestText = 32 * 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<Entry> _newestFirst = new();
    private long _total;

    /// <summary>How many there were since the server started.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Those that are kept, the newest first.</summary>
    public IReadOnlyList<RequestError> Newest()
    {
        lock (_gate)
            return [.. _newestFirst.Select(static entry => entry.Error)];
    }

    /// <summary>A request has ended with an error.</summary>
    /// <param name="code">As the client was told: "app-error" …</param>
    /// <param name="requestId">The request.</param>
    /// <param name="method">Its method.</param>
    /// <param name="path">Its path, without the query.</param>
    /// <param name="workerPid">The process that had it, or 0.</param>
    /// <param name="text">The traceback, or what is wrong with the answer; null when the code says all.</param>
    public void Add(string code, string requestId, string method, string path, int workerPid, string? text)
    {
        text = Shortened(text ?? "");
        string key = Key(code, text);
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            _total++;
            LinkedListNode<Entry>? same = _newestFirst.First;
            while (same is not null && same.Value.Key != key)
                same = same.Next;
            if (same is not null)
                _newestFirst.Remove(same);
            else if (_newestFirst.Count == Most)
                _newestFirst.RemoveLast();
            _newestFirst.AddFirst(new Entry(key, new RequestError
            {
                Code = code,
                At = now,
                First = same?.Value.Error.First ?? now,
                Count = (same?.Value.Error.Count ?? 0) + 1,
                RequestId = requestId,
                Method = method,
                Path = path,
                WorkerPid = workerPid,
                Message = text.AsSpan(text.LastIndexOf('\n') + 1).Trim().ToString(),
                Traceback = text.Contains('\n', StringComparison.Ordinal) ? text : "",
            }));
        }
    }

    /// <summary>Two tracebacks are the same error when they lead through the same lines to the same kind of exception: messages differ by what they name.</summary>
    private static string Key(string code, string text)
    {
        if (!text.Contains('\n', StringComparison.Ordinal))
            return $"{code}\n{text}";
        ReadOnlySpan<char> last = text.AsSpan(text.LastIndexOf('\n') + 1);
        int colon = last.IndexOf(':');
        return string.Join('\n', [code, .. text.Split('\n').Where(static line => line.StartsWith("  File ", StringComparison.Ordinal)), (colon < 0 ? last : last[..colon]).ToString()]);
    }

    private static string Shortened(string text) =>
        text.Length <= LongestText ? text : $"{text.AsSpan(0, LongestText / 2)}\n…\n{text.AsSpan(text.Length - LongestText / 2)}";

    private readonly record struct Entry(string Key, RequestError Error);
}

/// <summary>An error, as it was last.</summary>
public sealed record RequestError
{
    /// <summary>As the client was told in <c>Lanner-Error</c>.</summary>
    public required string Code { get; init; }

    /// <summary>When it was last.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When it was first, of those that are counted here.</summary>
    public required DateTimeOffset First { get; init; }

    public required long Count { get; init; }

    /// <summary>The last request that ended so.</summary>
    public required string RequestId { get; init; }

    public required string Method { get; init; }

    /// <summary>Without the query.</summary>
    public required string Path { get; init; }

    /// <summary>The process that had it, or 0.</summary>
    public required int WorkerPid { get; init; }

    /// <summary>The line of the exception, or what is wrong with the answer; empty when the code says all.</summary>
    public required string Message { get; init; }

    /// <summary>Python's traceback, or empty.</summary>
    public required string Traceback { get; init; }
}
