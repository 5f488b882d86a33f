using System.Buffers;

namespace Lanner.Gateway;

/// <summary>
/// The request target as the client sent it, and its path and query. The path is percent-decoded once and nothing else:
/// each char is one byte (Latin-1), empty and dot segments stay, and a <c>%2F</c> is a slash as in every WSGI server.
/// </summary>
internal readonly struct RequestTarget
{
    private static readonly SearchValues<char> s_pathEnd = SearchValues.Create("?#");

    private readonly int _queryStart;

    private RequestTarget(string raw, string path, int queryStart)
    {
        Raw = raw;
        Path = path;
        _queryStart = queryStart;
    }

    /// <summary>The bytes of the request line.</summary>
    public string Raw { get; }

    /// <summary>The decoded path; <c>/</c> for an absolute target without one, <c>*</c> for <c>OPTIONS *</c>.</summary>
    public string Path { get; }

    /// <summary>What follows the first question mark, as it was sent.</summary>
    public ReadOnlySpan<char> Query => _queryStart < 0 ? default : Raw.AsSpan(_queryStart);

    public static RequestTarget Parse(string raw)
    {
        int start = 0;
        if (raw.Length > 0 && raw[0] is not ('/' or '*'))
        {
            // Absolute form: scheme://authority/path. Authority form (CONNECT) has no path.
            int authority = raw.IndexOf("://", StringComparison.Ordinal);
            start = authority < 0 ? raw.Length : raw.AsSpan(authority + 3).IndexOfAny('/', '?') is var at and >= 0 ? authority + 3 + at : raw.Length;
        }
        int length = raw.AsSpan(start).IndexOfAny(s_pathEnd);
        int end = length < 0 ? raw.Length : start + length;
        int query = end < raw.Length && raw[end] == '?' ? end + 1 : -1;
        ReadOnlySpan<char> path = raw.AsSpan(start, end - start);
        string decoded = path.Length == 0 ? "/"
            : path.Contains('%') ? Decode(path)
            : path.Length == raw.Length ? raw
            : path.ToString();
        return new RequestTarget(raw, decoded, query);
    }

    /// <summary>Each %XX becomes the char of that byte; a percent sign that begins no such triple stays.</summary>
    private static string Decode(ReadOnlySpan<char> path)
    {
        char[] rented = ArrayPool<char>.Shared.Rent(path.Length);
        int count = 0;
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] == '%' && i + 2 < path.Length && char.IsAsciiHexDigit(path[i + 1]) && char.IsAsciiHexDigit(path[i + 2]))
            {
                rented[count++] = (char)((Convert.FromHexString(path.Slice(i + 1, 2))[0]) & 0xFF);
                i += 2;
            }
            else
            {
                rented[count++] = path[i];
            }
        }
        string decoded = new(rented, 0, count);
        ArrayPool<char>.Shared.Return(rented);
        return decoded;
    }
}
