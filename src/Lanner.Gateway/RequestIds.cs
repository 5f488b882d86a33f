using System.Security.Cryptography;

namespace Lanner.Gateway;

/// <summary>
/// Makes request ids: 16 hexadecimal digits, unique in this server and, by their random start, very likely among servers.
/// </summary>
internal static class RequestIds
{
    private static ulong s_last = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    public static ulong Next() => Interlocked.Increment(ref s_last);

    /// <summary>The digits of an id, as text.</summary>
    public static string Text(ulong id) => id.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
