using System.Globalization;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Lanner.State.Nats;

/// <summary>Where the parts of something large are: <c>KIND.BASE.NAME COUNT SIZE</c>.</summary>
/// <param name="Kind"><see cref="Entry"/> or <see cref="Snapshot"/>.</param>
/// <param name="Base">Of an entry: a number that the log had reached before the first part was stored. Of a snapshot: the last entry in it.</param>
/// <param name="Name">No other has it.</param>
/// <param name="Count">Parts, numbered from 0.</param>
/// <param name="Size">Bytes in all.</param>
internal sealed record PartsReference(string Kind, long Base, string Name, int Count, long Size)
{
    /// <summary>The header of an entry whose content is in parts: this reference.</summary>
    public const string Header = "Lanner-Parts";

    public const string Entry = "e";
    public const string Snapshot = "s";

    /// <summary>The subject of its parts, without the number of the part.</summary>
    public string Subject => string.Create(CultureInfo.InvariantCulture, $"{Kind}.{Base}.{Name}");

    public static PartsReference? Parse(string text)
    {
        string[] words = text.Split(' ');
        return words.Length == 3 && ParseSubject(words[0]) is { } found
            && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && long.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            ? found with { Count = count, Size = size }
            : null;
    }

    /// <summary>From <c>KIND.BASE.NAME</c>, or with the number of a part behind it.</summary>
    public static PartsReference? ParseSubject(string subject)
    {
        string[] words = subject.Split('.');
        return words.Length is 3 or 4 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long from)
            ? new PartsReference(words[0], from, words[2], 0, 0)
            : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Subject} {Count} {Size}");
}

/// <summary>What loading parts has come to.</summary>
internal enum PartsFound
{
    Whole,

    /// <summary>One was not found; the server that answered may be behind.</summary>
    Missing,

    /// <summary>One is marked as gone, for good and for all.</summary>
    Gone,
}

/// <summary>
/// Stores and loads what is too large for one message, in parts. A part has a subject of its own of which the stream
/// keeps one message, so that storing it again changes nothing, and parts may come in any order.
/// </summary>
internal sealed class NatsParts(NatsConnector connector, JetStream jetStream, NatsStreams streams, Func<string?> problem)
{
    /// <summary>Bytes of a part, where the server takes messages that large.</summary>
    private const int UsualPart = 512 * 1024;

    /// <summary>Of a message of the server's largest size, for headers.</summary>
    private const int Reserve = 4096;

    /// <summary>Parts under way at once.</summary>
    private const int Window = 4;

    private const string Gone = "Lanner-Gone";

    /// <summary>What is larger is stored in parts.</summary>
    public int PartSize => Math.Min(UsualPart, (connector.Link?.Info.MaxPayload ?? UsualPart + Reserve) - Reserve);

    /// <summary>Stores the parts of what is in memory.</summary>
    /// <exception cref="StateException">They cannot be stored.</exception>
    public Task<PartsReference> StoreAsync(PartsReference reference, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        int size = PartSize;
        return StoreAsync(reference, number => ValueTask.FromResult(content.Slice(Math.Min(number * size, content.Length), Math.Clamp(content.Length - (number * size), 0, size))), cancellationToken);
    }

    /// <summary>Stores the parts of what is read to its end.</summary>
    /// <exception cref="StateException">They cannot be stored.</exception>
    public Task<PartsReference> StoreAsync(PartsReference reference, Stream content, CancellationToken cancellationToken)
    {
        int size = PartSize;
        var buffers = new byte[]?[Window];
        return StoreAsync(reference, async number =>
        {
            byte[] buffer = buffers[number % Window] ??= new byte[size];
            return buffer.AsMemory(0, await content.ReadAtLeastAsync(buffer, size, throwOnEndOfStream: false, cancellationToken));
        }, cancellationToken);
    }

    /// <summary>Writes the parts one after the other, up to one that is not there.</summary>
    /// <exception cref="StateException">They cannot be read, or what was read is not what was stored.</exception>
    public async Task<PartsFound> LoadAsync(PartsReference reference, Stream content, Func<string?> giveUp, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var window = new Queue<Task<(ReadOnlyMemory<byte>? Part, PartsFound Found)>>();
        long size = 0;
        try
        {
            for (int number = 0; number < reference.Count + Window; number++)
            {
                if (number < reference.Count)
                    window.Enqueue(LoadAsync(reference, number, giveUp, stop.Token));
                if (number < Window || window.Count == 0)
                    continue;
                (ReadOnlyMemory<byte>? part, PartsFound found) = await window.Dequeue();
                if (part is not { } bytes)
                    return found;
                size += bytes.Length;
                await content.WriteAsync(bytes, cancellationToken);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(window.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return size == reference.Size ? PartsFound.Whole : throw new StateException($"{streams.Parts} in NATS has {size:N0} bytes of something of {reference.Size:N0}: restore the stream from a backup");
    }

    /// <summary>
    /// Makes sure that no part can be found where none was found: writes in its place, on condition that there is
    /// nothing. Whoever looks then, on whatever server, finds it gone.
    /// </summary>
    /// <returns>Whether it is gone; false: it is there after all.</returns>
    public async Task<bool> TryMarkGoneAsync(PartsReference reference, CancellationToken cancellationToken)
    {
        for (int number = 0; number < reference.Count; number++)
        {
            if (await LoadAsync(reference, number, static () => null, cancellationToken) is { Part: not null })
                continue;
            var headers = new NatsHeaders { { Gone, "1" }, { JetStream.ExpectedLast, "0" } };
            try
            {
                await jetStream.InsistAsync(() => jetStream.PublishAsync(streams.Parts, Subject(reference, number), headers, default, cancellationToken), static () => null, cancellationToken);
                return true;
            }
            catch (NatsJSApiException e) when (e.IsConflict)
            {
                if (await LoadAsync(reference, number, static () => null, cancellationToken) is { Found: PartsFound.Gone })
                    return true;
            }
        }
        return false;
    }

    /// <summary>What there is, whole or in part.</summary>
    public async Task<HashSet<PartsReference>> ListAsync(CancellationToken cancellationToken)
    {
        IReadOnlyCollection<string> subjects = await jetStream.InsistAsync(() => jetStream.SubjectsAsync(streams.Parts, $"{streams.PartsPrefix}.*.*.*.*", cancellationToken), problem, cancellationToken);
        return [.. subjects.Select(subject => PartsReference.ParseSubject(subject[(streams.PartsPrefix.Length + 1)..])).OfType<PartsReference>()];
    }

    public async Task DeleteAsync(PartsReference reference, CancellationToken cancellationToken) =>
        await jetStream.InsistAsync(async () =>
        {
            await PurgeAsync(reference, cancellationToken);
            return true;
        }, problem, cancellationToken);

    /// <summary>What is left of something that could not be stored, so that attempts do not fill the storage; else it goes with a later snapshot.</summary>
    private async Task TryDeleteAsync(PartsReference reference)
    {
        try
        {
            await PurgeAsync(reference, CancellationToken.None);
        }
        catch (Exception e) when (e is LogFaultException or NatsJSApiException)
        {
            // It cannot be reached: for that reason it was given up.
        }
    }

    private Task PurgeAsync(PartsReference reference, CancellationToken cancellationToken) =>
        jetStream.PurgeAsync(streams.Parts, new StreamPurgeRequest { Filter = $"{streams.PartsPrefix}.{reference.Subject}.*" }, cancellationToken);

    private async Task<PartsReference> StoreAsync(PartsReference reference, Func<int, ValueTask<ReadOnlyMemory<byte>>> read, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var window = new Task[Window];
        Array.Fill(window, Task.CompletedTask);
        long size = 0;
        int count = 0;
        try
        {
            while (true)
            {
                // The part before it in this place is stored: its buffer is free.
                await window[count % Window];
                ReadOnlyMemory<byte> part = await read(count);
                if (part.IsEmpty)
                    break;
                window[count % Window] = StorePartAsync(reference, count, part, stop.Token);
                size += part.Length;
                count++;
            }
            await Task.WhenAll(window);
        }
        catch
        {
            await stop.CancelAsync();
            await Task.WhenAll(window).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await TryDeleteAsync(reference);
            throw;
        }
        return reference with { Count = count, Size = size };
    }

    private async Task StorePartAsync(PartsReference reference, int number, ReadOnlyMemory<byte> part, CancellationToken cancellationToken)
    {
        try
        {
            await jetStream.InsistAsync(() => jetStream.PublishAsync(streams.Parts, Subject(reference, number), null, part, cancellationToken), problem, cancellationToken);
        }
        catch (Exception e) when (e is LogFaultException or NatsJSApiException)
        {
            throw new StateException(streams.Explain(e), e);
        }
    }

    /// <summary>A part, or why there is none.</summary>
    private async Task<(ReadOnlyMemory<byte>? Part, PartsFound Found)> LoadAsync(PartsReference reference, int number, Func<string?> giveUp, CancellationToken cancellationToken)
    {
        try
        {
            Delivery? found = await jetStream.InsistAsync(() => jetStream.LastMessageAsync(streams.Parts, Subject(reference, number), cancellationToken), giveUp, cancellationToken);
            if (found is null)
                return (null, PartsFound.Missing);
            if (found.Header(Gone) is not null)
                return (null, PartsFound.Gone);
            return (found.Payload, PartsFound.Whole);
        }
        catch (Exception e) when (e is LogFaultException or NatsJSApiException)
        {
            throw new StateException(streams.Explain(e), e);
        }
    }

    private string Subject(PartsReference reference, int number) => string.Create(CultureInfo.InvariantCulture, $"{streams.PartsPrefix}.{reference.Subject}.{number}");
}
