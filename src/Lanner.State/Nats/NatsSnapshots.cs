using System.Globalization;
using System.Text.Json;
using Lanner.State.Replication;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Lanner.State.Nats;

/// <summary>
/// Snapshots, and what becomes of parts that nobody needs any more. All of it is safe with any number of nodes at it at once:
/// <list type="bullet">
/// <item>The mark that names the newest snapshot is replaced only by one with more entries, on condition that it is still the one
/// that was read. So parts of a snapshot with fewer entries than the one before the marked one can never be marked again: they are
/// deleted. The one before is kept for those who are reading it.</item>
/// <item>An entry of parts names a number that the log had reached before its first part was stored (its base). It counts only when its
/// own number is at most <see cref="NatsOptions.Reach"/> above: that is decided by the log alone, alike for all who read. So parts whose base lies
/// further behind the log than that, and which no kept entry names, are of an append that was given up: they are deleted.</item>
/// <item>Parts that are named by a trimmed entry and by none that is kept are deleted after the trim. Should the same
/// append come in once more after that, it has the id of the first: whoever reads would have dropped it, so it is left out.</item>
/// </list>
/// </summary>
internal sealed partial class NatsSnapshots(JetStream jetStream, NatsStreams streams, NatsParts parts, NatsLogReader reader, LogEnds ends, long reach, Func<string?> problem, ILogger log)
{
    public async Task StoreAsync(long upTo, Stream content, long trim, CancellationToken cancellationToken)
    {
        try
        {
            (SnapshotMark? present, _) = await MarkAsync(cancellationToken);
            if (present is null || present.UpTo < upTo)
            {
                PartsReference stored = await parts.StoreAsync(new PartsReference(PartsReference.Snapshot, upTo, Guid.NewGuid().ToString("N"), 0, 0), content, cancellationToken);
                present = await MarkAsync(upTo, stored, cancellationToken);
            }
            LogStream stream = await InsistAsync(() => jetStream.StreamAsync(streams.Log, cancellationToken), cancellationToken);
            HashSet<PartsReference> found = await parts.ListAsync(cancellationToken);
            Dictionary<string, long> named = found.Any(static one => one.Kind == PartsReference.Entry) ? await NamedAsync(stream, cancellationToken) : [];
            // Not beyond its end: then numbers would be left out.
            trim = Math.Min(trim, stream.Last);
            if (trim > 0)
            {
                await InsistAsync(async () =>
                {
                    await jetStream.PurgeAsync(streams.Log, new StreamPurgeRequest { Seq = (ulong)trim + 1 }, cancellationToken);
                    return true;
                }, cancellationToken);
            }
            foreach (PartsReference one in found)
            {
                if (IsUnneeded(one, present, named, trim, stream.Last))
                    await parts.DeleteAsync(one, cancellationToken);
            }
        }
        catch (Exception e) when (e is LogFaultException or NatsJSApiException)
        {
            throw new StateException(streams.Explain(e), e);
        }
    }

    public async Task<long> LoadAsync(Stream content, CancellationToken cancellationToken)
    {
        try
        {
            (SnapshotMark? mark, _) = await MarkAsync(cancellationToken);
            if (mark is null)
                return 0;
            PartsReference reference = PartsReference.Parse(mark.Content) ?? throw Unreadable();
            if (await parts.LoadAsync(reference, content, problem, cancellationToken) != PartsFound.Whole)
                throw new StateException($"the snapshot of the first {mark.UpTo} entries was replaced by newer ones while it was read: load it again");
            return mark.UpTo;
        }
        catch (Exception e) when (e is LogFaultException or NatsJSApiException)
        {
            throw new StateException(streams.Explain(e), e);
        }
    }

    private bool IsUnneeded(PartsReference one, SnapshotMark present, Dictionary<string, long> named, long trim, long newest) => one.Kind switch
    {
        PartsReference.Snapshot => one.Base < present.Previous,
        PartsReference.Entry => named.TryGetValue(one.Subject, out long last) ? last <= trim : one.Base + reach < newest,
        _ => false,
    };

    private StateException Unreadable() => new($"the mark of the newest snapshot in {streams.Parts} cannot be read: it was written by a newer version of Lanner, or by somebody else");

    /// <summary>The newest snapshot and the number of the message that says so.</summary>
    private async Task<(SnapshotMark? Mark, long Number)> MarkAsync(CancellationToken cancellationToken)
    {
        Delivery? found = await InsistAsync(() => jetStream.LastMessageAsync(streams.Parts, $"{streams.PartsPrefix}.snapshot", cancellationToken), cancellationToken);
        if (found is null)
            return (null, 0);
        try
        {
            return (JsonSerializer.Deserialize(found.Payload.Span, NatsJson.Default.SnapshotMark) ?? throw Unreadable(), found.Number);
        }
        catch (JsonException)
        {
            throw Unreadable();
        }
    }

    /// <summary>Marks a snapshot as the newest, unless there is a newer one by now.</summary>
    private async Task<SnapshotMark> MarkAsync(long upTo, PartsReference stored, CancellationToken cancellationToken)
    {
        while (true)
        {
            (SnapshotMark? present, long number) = await MarkAsync(cancellationToken);
            if (present is not null && present.UpTo >= upTo)
            {
                // By another; or by us, in an attempt that seemed to have failed.
                if (present.Content != stored.ToString())
                    await parts.DeleteAsync(stored, cancellationToken);
                return present;
            }
            var mark = new SnapshotMark(upTo, stored.ToString(), present?.UpTo ?? 0);
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(mark, NatsJson.Default.SnapshotMark);
            var headers = new NatsHeaders { { JetStream.ExpectedLast, number.ToString(CultureInfo.InvariantCulture) } };
            try
            {
                await InsistAsync(() => jetStream.PublishAsync(streams.Parts, $"{streams.PartsPrefix}.snapshot", headers, json, cancellationToken), cancellationToken);
                return mark;
            }
            catch (NatsJSApiException e) when (e.IsConflict)
            {
                Overtaken(log, upTo);
            }
        }
    }

    /// <summary>The parts that entries up to the newest name, and the last entry that does.</summary>
    private async Task<Dictionary<string, long>> NamedAsync(LogStream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            var named = new Dictionary<string, long>();
            long first = Math.Max(stream.First, ends.First), newest = stream.Last;
            if (first > newest || stream.Info.State.Messages == 0)
                return named;
            try
            {
                await foreach (Delivery delivery in reader.ReadAsync(first - 1, cancellationToken))
                {
                    if (delivery.Header(PartsReference.Header) is { } text && PartsReference.Parse(text) is { } reference)
                        named[reference.Subject] = delivery.Number;
                    if (delivery.Number >= newest)
                        return named;
                }
            }
            catch (LogTrimmedException)
            {
                // Another node trims: from where the log begins now.
                ends.Learn(await InsistAsync(() => jetStream.StreamAsync(streams.Log, cancellationToken), cancellationToken));
            }
        }
    }

    private Task<T> InsistAsync<T>(Func<Task<T>> attempt, CancellationToken cancellationToken) => jetStream.InsistAsync(attempt, problem, cancellationToken);

    [LoggerMessage(5131, LogLevel.Debug, "another node stored a snapshot while that of the first {UpTo} entries was stored")]
    private static partial void Overtaken(ILogger log, long upTo);
}
