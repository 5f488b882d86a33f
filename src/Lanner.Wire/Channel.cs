using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

/// <summary>
/// The socket between the front end and one thread of a worker. Requests go out in order, several in one write when
/// they meet; answers come back in the same order, several in one read. The gate guards the order of what is in
/// flight and what waits to be written; it is never held over a call to an exchange, to the owner or to the kernel.
/// </summary>
public sealed partial class Channel : IDisposable
{
    private readonly Socket _socket;
    private readonly IChannelOwner _owner;
    private readonly Lock _gate = new();
    private readonly Queue<(uint Number, Exchange? Exchange)> _inFlight = new();
    private readonly ChannelOutput _output;
    private uint _lastNumber;
    private int _withdrawn;
    private uint _perhapsSkippedFirst;
    private uint _perhapsSkippedLast;
    private uint _answering;
    private uint _handling;
    private bool _closed;

    public Channel(Socket socket, Scoreboard.Cell cell, IChannelOwner owner, object? tag = null)
    {
        socket.Blocking = false;
        _socket = socket;
        _owner = owner;
        _output = new ChannelOutput(socket);
        Cell = cell;
        Tag = tag;
    }

    /// <summary>What the thread tells of itself.</summary>
    public Scoreboard.Cell Cell { get; }

    /// <summary>What the owner keeps with the channel.</summary>
    public object? Tag { get; }

    /// <summary>
    /// Appends a request to what goes out next; <see cref="Flush"/> sends it. False when the channel is closed: the
    /// exchange is untouched.
    /// </summary>
    public bool TryPlace(Exchange exchange)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            if (++_lastNumber == 0)
                _lastNumber = 1;
            _inFlight.Enqueue((_lastNumber, exchange));
            _output.Append(exchange.RequestFrame, _lastNumber);
            return true;
        }
    }

    /// <summary>Whether the app has been called with all that was placed. For the one who places.</summary>
    public bool HasBegunAll => Cell.HasBegun(_lastNumber);

    /// <summary>Sends what was placed, without waiting: what the socket does not take now goes when it can.</summary>
    public void Flush() => _output.Flush();

    /// <summary>
    /// Takes back what was placed and has not begun. The exchanges are the caller's again; the places stay taken until the
    /// worker has skipped them. Empty when everything has begun or an earlier withdrawal is still under way.
    /// </summary>
    public List<Exchange> Withdraw()
    {
        var back = new List<Exchange>();
        lock (_gate)
        {
            if (_closed || _withdrawn > 0 || _inFlight.Count == 0)
                return back;
            uint first = Cell.Begun + 1, last = _lastNumber;
            if ((int)(last - first) < 0)
                return back;
            Cell.Withdraw(first, last);
            // Looked at once: what begins after this is skipped. What began since the look before the withdrawal may be
            // skipped or not, several of them, for the worker goes on meanwhile.
            uint begun = Cell.Begun;
            if ((int)(begun - first) >= 0)
            {
                bool earlierAreThrough = (int)(_inFlight.Peek().Number - _perhapsSkippedLast) > 0;
                (_perhapsSkippedFirst, _perhapsSkippedLast) = (earlierAreThrough ? first : _perhapsSkippedFirst, begun);
            }
            for (int i = _inFlight.Count; i > 0; i--)
            {
                (uint number, Exchange? exchange) = _inFlight.Dequeue();
                bool taken = exchange is not null && (int)(number - begun) > 0;
                if (taken)
                    back.Add(exchange!);
                _inFlight.Enqueue((number, taken ? null : exchange));
            }
            _withdrawn = back.Count;
            if (_withdrawn == 0)
                Cell.ClearWithdrawal();
        }
        return back;
    }

    /// <summary>Tells the worker that nobody waits for this exchange's answer any more.</summary>
    public void Cancel(Exchange exchange)
    {
        lock (_gate)
        {
            foreach ((uint number, Exchange? entry) in _inFlight)
            {
                if (ReferenceEquals(entry, exchange))
                    Cell.Cancel(number);
            }
        }
    }

    /// <summary>Reads answers until the channel ends; completes after the owner has been told.</summary>
    public async Task RunAsync()
    {
        WireException? error = null;
        var input = new ChannelInput(_socket);
        try
        {
            while (input.Took(await input.ReceiveAsync()))
            {
                while (input.TryTake(out FrameHeader header, out ReadOnlyMemory<byte> payload))
                {
                    await HandleAsync(input, header, payload);
                    Volatile.Write(ref _handling, 0);
                }
                _output.Flush();
            }
        }
        catch (WireException e)
        {
            error = e;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or System.ComponentModel.Win32Exception)
        {
            // The worker or this side closed the socket: the same as its end.
        }
        finally
        {
            input.Dispose();
            End(error);
        }
    }

    /// <summary>Closes the socket; the reading loop then ends and tells everyone.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }
    }

    public void Dispose() => _socket.Dispose();

    private async ValueTask HandleAsync(ChannelInput input, FrameHeader header, ReadOnlyMemory<byte> payload)
    {
        Exchange? exchange = Expect(header);
        if (header.Kind == FrameKind.Skipped)
        {
            // Null: taken back before. Otherwise it read as begun at the time, but the worker saw the withdrawal first.
            _owner.OnSkipped(this, withdrawn: exchange is null);
            exchange?.OnLost(begun: false);
            return;
        }
        if (header.Kind == FrameKind.BodyWanted)
        {
            SafeFileHandle body = exchange!.BodyFile ?? throw new WireException("a body was asked for that is in no file");
            _output.Append(new FrameHeader(0, header.Number, 0, FrameKind.Descriptor, FrameFlags.None), body);
            _output.Flush();
            return;
        }
        SafeFileHandle? descriptor = null;
        if (header.Kind == FrameKind.File)
        {
            if (header.Length < 2 * sizeof(long))
                throw new WireException("a file frame is too short");
            // The payload moves when more is read: keep it.
            payload = payload.ToArray();
            _output.Append(new FrameHeader(0, header.Number, 0, FrameKind.SendDescriptor, FrameFlags.None));
            _output.Flush();
            Volatile.Write(ref _handling, 0);
            descriptor = await input.ReadDescriptorAsync(header.Number);
            // It may have been given up while the worker was waited for.
            exchange = Expect(header);
        }
        if (Exchange.IsLast(header.Kind))
        {
            lock (_gate)
                _inFlight.Dequeue();
            _owner.OnFinished(this, header.Extra);
        }
        try
        {
            ValueTask handled = exchange!.OnFrameAsync(header, payload, descriptor, input.HasMore);
            if (!handled.IsCompletedSuccessfully)
                await handled;
        }
        catch (Exception e) when (Exchange.IsLast(header.Kind))
        {
            // No longer in flight: the end of the channel would not tell it.
            exchange!.OnLost(begun: true);
            throw e as WireException ?? new WireException($"an answer could not be taken: {e.Message}");
        }
    }

    /// <summary>The exchange that a frame belongs to: always the oldest in flight.</summary>
    private Exchange? Expect(FrameHeader header)
    {
        lock (_gate)
        {
            if (!_inFlight.TryPeek(out (uint Number, Exchange? Exchange) oldest) || oldest.Number != header.Number)
                throw new WireException($"a frame {header.Kind} came for request {header.Number}, which is not the oldest in flight");
            if (header.Kind == FrameKind.Skipped)
            {
                if (oldest.Exchange is not null && oldest.Number - _perhapsSkippedFirst > _perhapsSkippedLast - _perhapsSkippedFirst)
                    throw new WireException($"request {header.Number} was skipped though it had not been taken back");
                _inFlight.Dequeue();
                if (oldest.Exchange is null && --_withdrawn == 0)
                    Cell.ClearWithdrawal();
                return oldest.Exchange;
            }
            if (oldest.Exchange is null)
                throw new WireException($"request {header.Number} was answered though it had been taken back");
            if (!Exchange.IsLast(header.Kind) && header.Kind is not (FrameKind.Head or FrameKind.Data or FrameKind.BodyWanted))
                throw new WireException($"a frame of kind {(byte)header.Kind} is no part of an answer");
            _answering = _handling = header.Number;
            return oldest.Exchange;
        }
    }

    private void End(WireException? error)
    {
        (uint Number, Exchange? Exchange)[] lost;
        lock (_gate)
        {
            _closed = true;
            lost = [.. _inFlight];
            _inFlight.Clear();
            // A worker that is being killed may still begin what is in its hands: what reads as not begun after this never will be.
            if (lost.Length > 0)
                Cell.Withdraw(lost[0].Number, lost[^1].Number);
        }
        _socket.Dispose();
        _owner.OnClosed(this, error);
        foreach ((uint number, Exchange? exchange) in lost)
            exchange?.OnLost(begun: number == _answering || Cell.HasBegun(number));
    }
}
