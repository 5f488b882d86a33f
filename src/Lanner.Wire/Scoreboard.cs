using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

/// <summary>
/// The shared memory of one worker, a cache line (64 bytes, eight 64-bit words) for each thread, written by the worker
/// with plain stores and read here: it tells begun from not begun and busy from idle without a message.
/// <code>
/// 0 begun      number of the request the app was last called with
/// 1 begun at   CLOCK_MONOTONIC, ns; 0 while the thread has no request in the app
/// 2 cpu        CPU time of the thread, ns, sampled
/// 3 sampled    number of the request after which cpu was sampled
/// 4 cancelled  number of the request whose client is gone; written here
/// 5 withdrawn  numbers of the first (low half) and last request that have been taken back; written here; 0: none
/// 6 thread     native thread id
/// 7 delayed    time the thread waited for a core, ns, sampled with cpu
/// </code>
/// </summary>
public sealed unsafe class Scoreboard
{
    private const int Words = 8;

    private readonly int _bytes;
    private readonly nint _address;

    public Scoreboard(int threads)
    {
        _bytes = threads * Words * sizeof(ulong);
        Memory = Posix.SharedMemory("lanner-scoreboard", _bytes);
        _address = Posix.Map(Memory, _bytes);
    }

    /// <summary>The descriptor that the worker maps.</summary>
    public SafeFileHandle Memory { get; }

    // Only here: a cell keeps its board alive, so no read can meet an address that is gone.
    ~Scoreboard() => Posix.Unmap(_address, _bytes);

    /// <summary>The cell of thread <paramref name="thread"/>; it stays readable after <see cref="CloseMemory"/>.</summary>
    public Cell this[int thread] => new(this, thread * Words);

    /// <summary>Closes the descriptor. The mapping goes when the last cell is no longer referenced.</summary>
    public void CloseMemory() => Memory.Dispose();

    /// <summary>One thread's line.</summary>
    public readonly struct Cell(Scoreboard board, int first)
    {
        public uint Begun => (uint)Load(0);

        public long BegunAt => (long)Load(1);

        public long CpuNanoseconds => (long)Load(2);

        public uint Sampled => (uint)Load(3);

        public int Thread => (int)Load(6);

        public long DelayedNanoseconds => (long)Load(7);

        /// <summary>Tells the worker that the client of this request is gone.</summary>
        public void Cancel(uint number) => Store(4, number);

        /// <summary>Whether the app has been called with the request of this number.</summary>
        public bool HasBegun(uint number) => (int)(Begun - number) >= 0;

        /// <summary>
        /// Takes back the requests from <paramref name="first"/> to <paramref name="last"/>. The worker stores what it begins
        /// and then looks here, this side stores here and then looks at what was begun, with a full fence between on both
        /// sides: a request that does not read as begun after this call will be skipped.
        /// </summary>
        public void Withdraw(uint first, uint last)
        {
            Store(5, (ulong)last << 32 | first);
            Interlocked.MemoryBarrier();
        }

        /// <summary>Nothing is taken back any more.</summary>
        public void ClearWithdrawal() => Store(5, 0);

        private ulong Load(int word)
        {
            ulong value = Volatile.Read(ref Word(word));
            GC.KeepAlive(board);
            return value;
        }

        private void Store(int word, ulong value)
        {
            Volatile.Write(ref Word(word), value);
            GC.KeepAlive(board);
        }

        private ref ulong Word(int word) => ref Unsafe.AsRef<ulong>((ulong*)board._address + first + word);
    }
}
