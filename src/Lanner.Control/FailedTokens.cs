using System.Net;
using System.Net.Sockets;

namespace Lanner.Control;

/// <summary>
/// Counts wrong tokens by the address they came from, and has an address that tries many wait: a token cannot be guessed by
/// trying. The table is bounded; when it is full, the address that has been quiet for longest is forgotten.
/// </summary>
internal sealed class FailedTokens(TimeProvider time)
{
    /// <summary>Wrong tokens within <see cref="Window"/> after which an address has to wait.</summary>
    public const int Most = 10;

    private const int MostAddresses = 1024;

    /// <summary>So long wrong tokens are counted together.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>So long an address has to wait.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, Failures> _failures = [];

    /// <summary>How long the address still has to wait; null when it need not.</summary>
    public TimeSpan? Wait(IPAddress? address)
    {
        lock (_gate)
        {
            if (!_failures.TryGetValue(Network(address), out Failures? failures) || failures.Count < Most)
                return null;
            TimeSpan left = Pause - time.GetElapsedTime(failures.Last);
            return left > TimeSpan.Zero ? left : null;
        }
    }

    /// <summary>The address has shown a wrong token.</summary>
    public void Add(IPAddress? address)
    {
        long now = time.GetTimestamp();
        IPAddress network = Network(address);
        lock (_gate)
        {
            if (!_failures.TryGetValue(network, out Failures? failures) || time.GetElapsedTime(failures.First, now) > Window)
            {
                if (failures is null && _failures.Count >= MostAddresses)
                    _failures.Remove(_failures.MinBy(static entry => entry.Value.Last).Key);
                _failures[network] = failures = new Failures { First = now };
            }
            failures.Count++;
            failures.Last = now;
        }
    }

    /// <summary>The address has shown the right token.</summary>
    public void Forget(IPAddress? address)
    {
        lock (_gate)
            _failures.Remove(Network(address));
    }

    /// <summary>Who has one IPv6 address has the 2^64 beside it.</summary>
    private static IPAddress Network(IPAddress? address)
    {
        if (address is null)
            return IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private sealed class Failures
    {
        public long First;
        public long Last;
        public int Count;
    }
}
