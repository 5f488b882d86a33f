using System.Net.Sockets;
using Lanner.Supervision;
using Lanner.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Bench;

/// <summary>
/// A pool of workers that are no processes: their sockets end here. Its clock stands: a request that seemed to take
/// long would make the pool ask the kernel about threads that do not exist. Only the pool's Submit, Swap and OnFinished are used.
/// </summary>
internal sealed class SimulatedPool : IDisposable
{
    public const int ThreadsPerWorker = 8;

    /// <summary>So many requests of 529 bytes fit into a Unix socket with its default buffer.</summary>
    private const int UnreadPerWorker = 32;

    private readonly OutputCollector _output = new();
    private readonly List<SafeFileHandle> _descriptors = [];
    private readonly SimulatedSlot[] _slots;

    public SimulatedPool(int workers)
    {
        var app = new AppDefinition { Name = "bench", App = "bench", Directory = "/", Python = "/", Queue = 100_000 };
        Pool = new WorkerPool(app, new StandingClock(), NullLogger.Instance);
        _slots = new SimulatedSlot[workers];
        for (int slot = 0; slot < workers; slot++)
        {
            (WorkerHandle handle, List<SafeFileHandle> descriptors) = WorkerHandle.Create(slot, 1, slot, ThreadsPerWorker, _output, new AppMetrics(), TimeProvider.System, (_, _) => { });
            // Tells which worker a request went to. Below zero: no process has this number, none can be signalled by it.
            handle.Pid = -1 - slot;
            handle.Advance(WorkerState.Ready);
            _slots[slot] = new SimulatedSlot { Board = descriptors[4], Sockets = [.. descriptors.Skip(7).Select(Bench.Sockets.Own)] };
            foreach (Socket socket in _slots[slot].Sockets)
                socket.Blocking = false;
            _descriptors.AddRange(descriptors.Take(7));
            Pool.Attach(handle);
            Pool.Swap([handle], []);
        }
    }

    public WorkerPool Pool { get; }

    /// <summary>The worker's end of its first thread's socket.</summary>
    public Socket FirstSocket(int worker) => _slots[worker].Sockets[0];

    /// <summary>
    /// Takes the answer of a request that was submitted, as its channel would. The request itself is thrown away unread, at
    /// times. <paramref name="scratch"/> is the calling thread's.
    /// </summary>
    public void Finish(AnsweredExchange exchange, byte[] scratch)
    {
        SimulatedSlot slot = _slots[-1 - exchange.WorkerPid];
        ((IChannelOwner)Pool).OnFinished(exchange.Channel!, micros: 20);
        if (Interlocked.Increment(ref slot.Finished) % UnreadPerWorker == 0)
        {
            // A request that computes has its process for itself: only the first thread gets any.
            _ = slot.Sockets[0].Receive(scratch, SocketFlags.None, out _);
        }
    }

    /// <summary>Lets the pool measure that requests take 20 µs, all of it computing: it then sends up to eight ahead on a thread.</summary>
    public void LearnThatRequestsAreFast(AnsweredExchange exchange, byte[] scratch)
    {
        for (ulong sample = 1; sample <= 2; sample++)
        {
            Pool.Submit(exchange);
            SimulatedSlot slot = _slots[-1 - exchange.WorkerPid];
            RandomAccess.Write(slot.Board, BitConverter.GetBytes(sample * 20_000), 2 * sizeof(ulong));
            RandomAccess.Write(slot.Board, BitConverter.GetBytes(sample), 3 * sizeof(ulong));
            Finish(exchange, scratch);
        }
    }

    public void Dispose()
    {
        foreach (SimulatedSlot slot in _slots)
        {
            foreach (Socket socket in slot.Sockets)
                socket.Dispose();
        }
        foreach (SafeFileHandle descriptor in _descriptors)
            descriptor.Dispose();
        Pool.Dispose();
        _output.Dispose();
    }

    private sealed class SimulatedSlot
    {
        public required SafeFileHandle Board { get; init; }

        public required Socket[] Sockets { get; init; }

        public int Finished;
    }

    /// <summary>Not FakeTimeProvider: that takes a lock and looks through its timers at each reading, which would be measured too.</summary>
    private sealed class StandingClock : TimeProvider
    {
        public override long GetTimestamp() => 1;

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
}
