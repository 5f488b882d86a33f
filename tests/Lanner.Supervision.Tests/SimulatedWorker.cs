using System.Collections.Concurrent;
using System.Net.Sockets;
using Lanner.Wire;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision.Tests;

/// <summary>A worker of one pool whose threads the test plays: it reads requests, begins, answers or dies when told.</summary>
internal sealed class SimulatedWorker
{
    private readonly TimeProvider _clock;
    private readonly Socket[] _sockets;
    private readonly SafeFileHandle _board;
    private readonly byte[][] _unread;

    public SimulatedWorker(WorkerPool pool, OutputCollector output, int threads, TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        (Handle, List<SafeFileHandle> descriptors) = WorkerHandle.Create(0, 1, 1, threads, output, new AppMetrics(), _clock, (_, _) => { });
        _board = new SafeFileHandle(descriptors[4].DangerousGetHandle(), ownsHandle: false);
        _sockets = [.. descriptors.Skip(7).Select(Take)];
        _unread = [.. _sockets.Select(_ => Array.Empty<byte>())];
        Handle.Advance(WorkerState.Ready);
        pool.Attach(Handle);
        pool.Swap([Handle], []);
    }

    public WorkerHandle Handle { get; }

    /// <summary>The numbers of the requests that have come to a thread and were not read before.</summary>
    public uint[] Receive(int thread)
    {
        var numbers = new List<uint>();
        byte[] buffer = new byte[65536];
        while (_sockets[thread].Available > 0)
            _unread[thread] = [.. _unread[thread], .. buffer.AsSpan(0, _sockets[thread].Receive(buffer))];
        while (_unread[thread].Length >= FrameHeader.Size)
        {
            FrameHeader header = FrameHeader.Read(_unread[thread]);
            numbers.Add(header.Number);
            _unread[thread] = _unread[thread][(FrameHeader.Size + header.Length)..];
        }
        return [.. numbers];
    }

    /// <summary>The same, when the pool has yet to come to it.</summary>
    public uint[] Await(int thread)
    {
        uint[] numbers = [];
        Assert.True(SpinWait.SpinUntil(() => (numbers = Receive(thread)).Length > 0, TimeSpan.FromSeconds(30)), "no request has come");
        return numbers;
    }

    /// <summary>The app is called, now.</summary>
    public void Begin(int thread, uint number)
    {
        Store(thread, 0, number);
        Store(thread, 1, (ulong)_clock.GetTimestamp());
    }

    /// <summary>Tells the CPU time of the thread so far, as after the request of this number.</summary>
    public void Sample(int thread, uint number, TimeSpan cpu)
    {
        Store(thread, 2, (ulong)cpu.TotalNanoseconds);
        Store(thread, 3, number);
    }

    /// <summary>The app is done.</summary>
    public void Answer(int thread, uint number, uint micros = 0)
    {
        Store(thread, 1, 0);
        Send(thread, FrameKind.Response, number, micros);
    }

    /// <summary>The answer is there, but the thread is in the app still.</summary>
    public void AnswerAndStay(int thread, uint number) => Send(thread, FrameKind.Response, number);

    public void Skip(int thread, uint number) => Send(thread, FrameKind.Skipped, number);

    /// <summary>The process is gone.</summary>
    public void Die()
    {
        foreach (Socket socket in _sockets)
            socket.Dispose();
    }

    /// <summary>One owner: the finalizer of the other would close a descriptor that is in use.</summary>
    private static Socket Take(SafeFileHandle handle)
    {
        var socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true));
        handle.SetHandleAsInvalid();
        return socket;
    }

    private void Store(int thread, int word, ulong value) => RandomAccess.Write(_board, BitConverter.GetBytes(value), (thread * 64) + (word * 8));

    private void Send(int thread, FrameKind kind, uint number, uint micros = 0)
    {
        byte[] frame = new byte[FrameHeader.Size];
        new FrameHeader(0, number, micros, kind, FrameFlags.None).Write(frame);
        _sockets[thread].Send(frame);
    }
}

/// <summary>A request that records what becomes of it.</summary>
internal sealed class SimulatedRequest : QueuedExchange
{
    private readonly WorkerPool _pool;
    private readonly bool _resubmits;

    public SimulatedRequest(WorkerPool pool, bool resubmits = false, TimeSpan? limit = null)
    {
        (_pool, _resubmits) = (pool, resubmits);
        Limit = limit ?? Timeout.InfiniteTimeSpan;
    }

    private static readonly byte[] s_frame = new byte[FrameHeader.Size + 1];

    static SimulatedRequest() => new FrameHeader(1, 0, 1, FrameKind.Request, FrameFlags.None).Write(s_frame);

    public ConcurrentQueue<string> Told { get; } = new();

    public TaskCompletionSource<string> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override ReadOnlySpan<byte> RequestFrame => s_frame;

    public override SafeFileHandle? BodyFile => null;

    public override ValueTask OnFrameAsync(FrameHeader header, ReadOnlyMemory<byte> payload, SafeFileHandle? descriptor, bool more)
    {
        Tell("answered");
        return default;
    }

    public override RequestLabel Label => new("GET", "a simulated request", "id");

    public override void OnExpired() => Tell("expired");

    public override void OnLost(bool begun)
    {
        if (!begun && _resubmits)
        {
            Told.Enqueue("resubmitted");
            _pool.Resubmit(this);
            return;
        }
        Tell(begun ? "died" : "lost");
    }

    public override void OnRefused(Refusal refusal) => Tell(refusal.ToString());

    private void Tell(string what)
    {
        Told.Enqueue(what);
        End.TrySetResult(what);
    }
}

/// <summary>A clock that is moved by the test, whose timers never fire: the test calls what they would call, one step at a time.</summary>
internal sealed class StandingClock : FakeTimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Unfired();

    private sealed class Unfired : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
