using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

/// <summary>
/// The memory in which one Python process counts (<c>python/lanner/metrics.py</c> writes it and tells the layout). It is
/// read only here, also after the process has ended; whatever stands in it, only whole and sound records are given.
/// Not for several threads at once.
/// </summary>
public sealed unsafe class MetricMemory : IDisposable
{
    /// <summary>Bytes; only pages that are written take memory.</summary>
    public const int Size = 4 * 1024 * 1024;

    private const int First = 64, RecordHead = 24;

    private readonly SafeFileHandle _memory = Posix.SharedMemory("lanner-metrics", Size, isSealed: true);
    private readonly List<MetricRecord> _records = [];
    private nint _address;
    private int _read = First;

    /// <summary>For handing over: it is valid while this object is, and disposing of it closes nothing.</summary>
    public SafeFileHandle Shared => new(_memory.DangerousGetHandle(), ownsHandle: false);

    /// <summary>The process that writes, or 0 while it is not known.</summary>
    public int Pid { get; set; }

    /// <summary>Series that found no room.</summary>
    public double Dropped => _address == 0 ? 0 : Number(8);

    /// <summary>How often label values were counted as "other".</summary>
    public double Overflowed => _address == 0 ? 0 : Number(16);

    /// <summary>All series that the process has made up to now.</summary>
    public IReadOnlyList<MetricRecord> Records()
    {
        // Looked at without the mapping: to touch a page of it would make the page.
        Span<byte> used = stackalloc byte[sizeof(double)];
        if (_address == 0 && (RandomAccess.Read(_memory, used, 0) < used.Length || BitConverter.ToDouble(used) == 0))
            return _records;
        if (_address == 0)
            _address = Posix.Map(_memory, Size);
        double end = Number(0);
        // NaN too is no end.
        while (end is <= Size && _read + RecordHead <= end && TryRead((int)end))
        {
        }
        return _records;
    }

    /// <summary>What the series stands at.</summary>
    public double Value(MetricRecord record) => Number(record.Offset);

    /// <summary>When a gauge was last set, in seconds since 1970 by the process's clock.</summary>
    public double SetAt(MetricRecord record) => Number(record.Offset + sizeof(double));

    public void Dispose()
    {
        if (_address != 0)
            Posix.Unmap(_address, Size);
        _address = 0;
        _memory.Dispose();
    }

    private bool TryRead(int end)
    {
        int length = Unsafe.ReadUnaligned<int>((byte*)_address + _read), keyLength = Unsafe.ReadUnaligned<int>((byte*)_address + _read + 4);
        if (length % 8 != 0 || length < RecordHead || length > end - _read || keyLength < 0 || keyLength > length - RecordHead)
            return Stop();
        // A copy: the process may write while it is read.
        byte[] key = new ReadOnlySpan<byte>((byte*)_address + _read + RecordHead, keyLength).ToArray();
        try
        {
            if (MetricKey.TryParse(key) is { } parsed)
                _records.Add(new MetricRecord(parsed, _read + 8));
        }
        catch (WireException)
        {
            return Stop();
        }
        _read += length;
        return true;
    }

    /// <summary>What comes after a broken record is not read.</summary>
    private bool Stop()
    {
        _read = Size;
        return false;
    }

    private double Number(int offset) =>
        BitConverter.Int64BitsToDouble(Volatile.Read(ref Unsafe.AsRef<long>((byte*)_address + offset)));
}

/// <summary>A series in the memory of a process.</summary>
/// <param name="Key">What it is.</param>
/// <param name="Offset">Where its value stands.</param>
public sealed record MetricRecord(MetricKey Key, int Offset);
