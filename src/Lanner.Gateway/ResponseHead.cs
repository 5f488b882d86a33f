using System.Buffers;
using System.Globalization;
using Lanner.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Lanner.Gateway;

/// <summary>
/// Puts an app's status and headers on the response, or says how they break PEP 3333 or HTTP. Names and values cannot
/// smuggle other headers; headers that belong to the connection are the server's and are left out.
/// </summary>
internal static class ResponseHead
{
    private const string TokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> s_token = SearchValues.Create(TokenCharacters);

    // All that may not stand in a value: controls but the tab, DEL, and what is no Latin-1.
    private static readonly SearchValues<char> s_valueBreakers = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(c => c != '\t').Select(c => (char)c), '\x7f']);

    /// <summary>Reads marshalled (status, headers) at the start of <paramref name="payload"/> and applies it.</summary>
    /// <param name="payload">The marshalled head, and what follows it.</param>
    /// <param name="response">Not started; after a failure its headers are to be cleared.</param>
    /// <param name="length">Bytes that the head took.</param>
    /// <param name="declared">The app's Content-Length, which is not set on the response here; null without one.</param>
    /// <returns>Null, or what is wrong.</returns>
    /// <exception cref="WireException">The bytes are no marshal.</exception>
    public static string? Apply(ReadOnlySpan<byte> payload, HttpResponse response, out int length, out long? declared)
    {
        declared = null;
        var reader = new MarshalReader(payload);
        if (reader.BeginSequence() != 2)
            throw new WireException("a head is no pair");
        string? fault = Status(ref reader, response);
        if (fault is null && !reader.IsSequence)
            fault = "the headers are not a list";
        if (fault is null)
            fault = Headers(ref reader, response.Headers, ref declared);
        length = reader.Position;
        return fault;
    }

    private static string? Status(ref MarshalReader reader, HttpResponse response)
    {
        if (!reader.IsStr)
            return "the status is not a str";
        string status = HeaderStrings.Get(reader.Str());
        if (status.Length < 3 || !int.TryParse(status.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int code)
            || (status.Length > 3 && status[3] != ' '))
            return $"the status is not three digits, a space and a reason: {Shown(status)}";
        if (code is < 200 or > 999)
            return $"the status {code} is not one that an app can give";
        string reason = status.Length > 4 ? status[4..] : "";
        if (BreaksValue(reason))
            return $"the status has a character that may not stand there: {Shown(status)}";
        response.StatusCode = code;
        if (reason.Length > 0 && reason != ReasonPhrases.GetReasonPhrase(code))
            response.HttpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason;
        return null;
    }

    private static string? Headers(ref MarshalReader reader, IHeaderDictionary headers, ref long? declared)
    {
        int count = reader.BeginSequence();
        for (int i = 0; i < count; i++)
        {
            if (!reader.IsSequence || reader.BeginSequence() != 2)
                return "a header is not a pair of name and value";
            if (!reader.IsStr)
                return "a header's name is not a str";
            string name = HeaderStrings.Get(reader.Str());
            if (!reader.IsStr)
                return $"the value of header {Shown(name)} is not a str";
            string value = HeaderStrings.Get(reader.Str());
            if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(s_token))
                return $"a header's name has a character that may not stand there: {Shown(name)}";
            if (BreaksValue(value))
                return $"the value of header {name} has a character that may not stand there: {Shown(value)}";
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                if (!long.TryParse(value.AsSpan().Trim(" \t"), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                    return $"the Content-Length is no number of bytes: {Shown(value)}";
                if (declared is not null && declared != number)
                    return $"there are two Content-Lengths, {declared} and {number}";
                declared = number;
            }
            else if (!IsHopByHop(name))
            {
                headers.Append(name, value);
            }
        }
        return null;
    }

    /// <summary>Headers of one connection only: PEP 3333 forbids them to apps; the server decides on them.</summary>
    private static bool IsHopByHop(string name) => name.Length switch
    {
        2 => name.Equals("TE", StringComparison.OrdinalIgnoreCase),
        7 => name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase) || name.Equals("Trailer", StringComparison.OrdinalIgnoreCase),
        8 => name.Equals("Trailers", StringComparison.OrdinalIgnoreCase),
        10 => name.Equals("Connection", StringComparison.OrdinalIgnoreCase) || name.Equals("Keep-Alive", StringComparison.OrdinalIgnoreCase),
        16 => name.Equals("Proxy-Connection", StringComparison.OrdinalIgnoreCase),
        17 => name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase),
        18 => name.Equals("Proxy-Authenticate", StringComparison.OrdinalIgnoreCase),
        19 => name.Equals("Proxy-Authorization", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    private static bool BreaksValue(string value) =>
        value.AsSpan().ContainsAny(s_valueBreakers) || value.AsSpan().ContainsAnyExceptInRange('\0', '\xff');

    private static string Shown(string text) => System.Text.Json.JsonEncodedText.Encode(text.Length > 80 ? text[..80] : text).ToString();
}
