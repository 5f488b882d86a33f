using System.Collections.Concurrent;
using Lanner.Wire;

namespace Lanner.Gateway;

/// <summary>
/// Header names as environ keys, encoded once: <c>X-Thing</c> → <c>HTTP_X_THING</c>. A name with an underscore could pass
/// for another one, and <c>Proxy</c> for the variable HTTP_PROXY: both have no key.
/// </summary>
internal static class EnvironKeys
{
    private const int Remembered = 1024;

    private static readonly ConcurrentDictionary<string, byte[]?> s_keys = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The encoded key, or null when the header is not passed on.</summary>
    public static byte[]? Of(string header)
    {
        if (s_keys.TryGetValue(header, out byte[]? key))
            return key;
        key = Make(header);
        // Names come from clients: without a bound they could fill the memory.
        if (s_keys.Count < Remembered)
            s_keys.TryAdd(header, key);
        return key;
    }

    private static byte[]? Make(string header)
    {
        if (header.Length > 240 || header.Contains('_') || header.Equals("Proxy", StringComparison.OrdinalIgnoreCase))
            return null;
        string name = header.ToUpperInvariant().Replace('-', '_');
        return MarshalWriter.EncodeKey(name is "CONTENT_TYPE" or "CONTENT_LENGTH" ? name : "HTTP_" + name);
    }
}
