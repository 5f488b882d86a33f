using System.Text;

namespace Lanner.Gateway;

/// <summary>
/// UTF-8 bytes to strings, remembering the short ones that return in every response. A small table for each thread, so
/// that nothing is shared; a collision only costs the string again.
/// </summary>
internal static class HeaderStrings
{
    private const int Slots = 256;
    private const int Longest = 48;

    [ThreadStatic]
    private static (byte[] Bytes, string Text)[]? t_table;

    public static string Get(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > Longest)
            return Encoding.UTF8.GetString(bytes);
        (byte[] Bytes, string Text)[] table = t_table ??= new (byte[], string)[Slots];
        int hash = (bytes[0] * 31) + (bytes[^1] * 17) + (bytes[bytes.Length / 2] * 7) + bytes.Length;
        ref (byte[] Bytes, string Text) slot = ref table[hash & (Slots - 1)];
        if (slot.Bytes is not null && bytes.SequenceEqual(slot.Bytes))
            return slot.Text;
        string text = Encoding.UTF8.GetString(bytes);
        slot = (bytes.ToArray(), text);
        return text;
    }
}
