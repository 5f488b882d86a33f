using System.Text.Json;
using Lanner.Control.Json;

namespace Lanner.Control.Events;

/// <summary>
/// What happens in the server, for those who watch it (<c>GET /v1/events</c>). Whoever has something to tell publishes it here and
/// goes on: nobody waits for a reader. The latest events are kept for readers that come again; a reader that does not keep up is
/// cut off, and finds them there.
/// </summary>
public sealed class ServerEvents
{
    /// <summary>Events that are kept for readers that come again.</summary>
    public const int Kept = 1024;

    /// <summary>Readers at a time.</summary>
    public const int MostReaders = 32;

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Queue<EventFrame> _kept = new();
    private readonly List<EventReader> _readers = [];
    private long _last;
    private bool _closed;

    /// <param name="time">The clock.</param>
    public ServerEvents(TimeProvider time)
    {
        _time = time;
        // Numbers go on growing when the server is started again, so that a reader of the former one learns that it has missed events.
        _last = time.GetUtcNow().ToUnixTimeMilliseconds() * 1000;
    }

    /// <summary>How many read at present.</summary>
    internal int Readers
    {
        get
        {
            lock (_gate)
                return _readers.Count;
        }
    }

    /// <summary>For what happens now.</summary>
    internal DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Tells all readers, now or when they come again. Does not wait; takes any thread.</summary>
    internal void Publish<T>(T body)
        where T : EventBody, INamedEvent
    {
        byte[] data = JsonSerializer.SerializeToUtf8Bytes(body, ControlJson.Of<T>());
        lock (_gate)
        {
            var news = new EventFrame(++_last, T.EventName, data);
            _kept.Enqueue(news);
            if (_kept.Count > Kept)
                _kept.Dequeue();
            for (int i = _readers.Count - 1; i >= 0; i--)
            {
                if (!_readers[i].TryTake(news))
                    _readers.RemoveAt(i);
            }
        }
    }

    /// <summary>A new reader, with the events since the one that it had last; null when there are too many, or when the server ends.</summary>
    internal EventReader? Open(long? last)
    {
        lock (_gate)
        {
            if (_closed || _readers.Count >= MostReaders)
                return null;
            EventFrame[] missed = last is { } number ? [.. _kept.Where(entry => entry.Id > number)] : [];
            bool hasGap = last is { } known && known < (_kept.TryPeek(out EventFrame? oldest) ? oldest.Id : _last + 1) - 1;
            var reader = new EventReader(missed, hasGap, _last);
            _readers.Add(reader);
            return reader;
        }
    }

    /// <summary>The reader has gone.</summary>
    internal void Forget(EventReader reader)
    {
        lock (_gate)
            _readers.Remove(reader);
    }

    /// <summary>Ends all readers: nothing more will happen.</summary>
    internal void Close()
    {
        EventReader[] left;
        lock (_gate)
        {
            _closed = true;
            left = [.. _readers];
            _readers.Clear();
        }
        foreach (EventReader reader in left)
            reader.End();
    }
}
