using System.Globalization;
using System.Runtime.CompilerServices;
using Lanner.State.Replication;
using Microsoft.Extensions.Logging;
using NATS.Client.JetStream;

namespace Lanner.State.Nats;

/// <summary>
/// A cluster's log in NATS JetStream: one stream, each message of which is an entry; its number is the entry's. What is larger
/// than a message, and snapshots, are in parts in a second stream, stored before the small message that names them.
/// </summary>
public sealed partial class NatsStateLog : IStateLog
{
    /// <summary>Of an entry, in bytes.</summary>
    private const int LargestEntry = 64 * 1024 * 1024;

    /// <summary>Not <c>Nats-Msg-Id</c>: see <see cref="AppendAsync(Guid, ReadOnlyMemory{byte}, CancellationToken)"/>.</summary>
    private const string IdHeader = "Lanner-Id";

    /// <summary>The number that the log had reached before an entry's first attempt.</summary>
    private const string BaseHeader = "Lanner-Base";

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly NatsConnector _connector;
    private readonly JetStream _jetStream;
    private readonly NatsStreams _streams;
    private readonly NatsParts _parts;
    private readonly LogEnds _ends;
    private readonly long _reach;
    private readonly NatsLogReader _reader;
    private readonly NatsSnapshots _snapshots;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _watching;
    private readonly Task _listening;

    private NatsStateLog(NatsOptions options, TimeProvider time, ILogger log)
    {
        _time = time;
        _log = log;
        _connector = new NatsConnector(options, time, log);
        _jetStream = new JetStream(_connector, time);
        _streams = new NatsStreams(_connector, _jetStream, options, log);
        _ends = new LogEnds(_streams);
        _parts = new NatsParts(_connector, _jetStream, _streams, () => Unreachable);
        _reader = new NatsLogReader(_connector, _jetStream, _streams, _ends, time, log);
        _snapshots = new NatsSnapshots(_jetStream, _streams, _parts, _reader, _ends, options.Reach, () => Unreachable, log);
        _reach = options.Reach;
        _streamProblem = _lastProblem = _connector.Problem;
        _connector.ProblemChanged = Tell;
        _watching = Task.Run(WatchAsync);
        _listening = Task.Run(ListenAsync);
    }

    /// <summary>Begins to connect, and returns at once; <see cref="Problem"/> tells how it stands.</summary>
    /// <exception cref="ArgumentException">The name of the cluster, or the number of replicas, is none.</exception>
    public static NatsStateLog Open(NatsOptions options, TimeProvider time, ILogger log)
    {
        if (!NatsOptions.IsClusterName(options.Cluster))
            throw new ArgumentException($"\"{options.Cluster}\" cannot be the name of a cluster: up to 60 letters, digits, - and _", nameof(options));
        if (options.Replicas is < 1 or > 5)
            throw new ArgumentException($"{options.Replicas} cannot be the number of copies: 1 to 5, and odd numbers are best", nameof(options));
        return new NatsStateLog(options, time, log);
    }

    /// <inheritdoc/>
    public async Task<string> IdentityAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = Stop(cancellationToken);
        await _ready.Task.WaitAsync(stop.Token);
        return _ends.Made!;
    }

    /// <inheritdoc/>
    public async Task<long> NewestAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = Stop(cancellationToken);
        return await SentencesAsync(async () =>
        {
            LogStream stream = await _jetStream.InsistAsync(() => LookAsync(stop.Token), () => Unreachable, stop.Token);
            return stream.Last;
        });
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LogEntry> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = Stop(cancellationToken);
        _ends.Reached(after);
        await _ready.Task.WaitAsync(stop.Token);
        await foreach (Delivery delivery in _reader.ReadAsync(after, stop.Token))
        {
            if (!Guid.TryParseExact(delivery.Header(IdHeader), "N", out Guid id))
            {
                Foreign(_log, delivery.Number, _streams.Log);
                yield return new LogEntry(delivery.Number, default, default) { IsVoid = true };
                continue;
            }
            ReadOnlyMemory<byte>? content = delivery.Payload;
            if (delivery.Header(PartsReference.Header) is { } parts)
                content = await LoadAsync(delivery.Number, parts, stop.Token);
            else if (delivery.Header(BaseHeader) is { } reached && IsLate(delivery.Number, reached))
                content = null;
            yield return new LogEntry(delivery.Number, id, content ?? default) { IsVoid = content is null };
        }
    }

    /// <inheritdoc/>
    public async Task StoreSnapshotAsync(long upTo, Stream content, long trim, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(trim, upTo);
        using CancellationTokenSource stop = Stop(cancellationToken);
        RequireReachable();
        await _snapshots.StoreAsync(upTo, content, trim, stop.Token);
    }

    /// <inheritdoc/>
    public async Task<long> LoadSnapshotAsync(Stream content, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = Stop(cancellationToken);
        RequireReachable();
        return await _snapshots.LoadAsync(content, stop.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested)
            return;
        await _ending.CancelAsync();
        await _watching;
        await _listening;
        await _connector.DisposeAsync();
        // Not the source: appends that are under way look at it.
    }

    private bool IsLate(long number, string reached) => long.TryParse(reached, NumberStyles.None, CultureInfo.InvariantCulture, out long from) && number - from > _reach;

    /// <summary>The content of an entry of parts; null: it does not count.</summary>
    private async Task<ReadOnlyMemory<byte>?> LoadAsync(long number, string text, CancellationToken cancellationToken)
    {
        if (PartsReference.Parse(text) is not { Size: >= 0 and <= LargestEntry } reference)
        {
            Foreign(_log, number, _streams.Log);
            return null;
        }
        if (number - reference.Base > _reach)
            return null;
        for (int attempt = 0; ; attempt++)
        {
            var content = new byte[reference.Size];
            PartsFound found = await _parts.LoadAsync(reference, new MemoryStream(content), static () => null, cancellationToken);
            if (found == PartsFound.Whole)
                return content;
            // Trimmed meanwhile, most likely; or a server that answers is behind.
            _ends.Learn(await _jetStream.InsistAsync(() => _jetStream.StreamAsync(_streams.Log, cancellationToken), static () => null, cancellationToken));
            if (number < _ends.First)
                throw new LogTrimmedException($"the log begins with entry {_ends.First}: entry {number} is not kept any more");
            if (found == PartsFound.Gone || (attempt >= AttemptsAtParts && await _parts.TryMarkGoneAsync(reference, cancellationToken)))
            {
                Repeated(_log, number);
                return null;
            }
            await Task.Delay(s_pauseAtParts, _time, cancellationToken);
        }
    }

    private CancellationTokenSource Stop(CancellationToken cancellationToken) => CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);

    private async Task<T> SentencesAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is LogFaultException or NatsJSApiException)
        {
            throw new StateException(_streams.Explain(e), e);
        }
    }

    [LoggerMessage(5141, LogLevel.Warning, "message {Number} of {Stream} is no entry of Lanner's, it is left out: something else writes to the log")]
    private static partial void Foreign(ILogger log, long number, string stream);

    [LoggerMessage(5142, LogLevel.Debug, "entry {Number} came a second time, after the first was trimmed: it is left out")]
    private static partial void Repeated(ILogger log, long number);

    [LoggerMessage(5144, LogLevel.Warning, "the cluster's log cannot be used: {Why}")]
    private static partial void Unusable(ILogger log, string why);

    [LoggerMessage(5145, LogLevel.Information, "the cluster's log can be used")]
    private static partial void Usable(ILogger log);
}
