using System.Text;

namespace Lanner.Server;

/// <summary>
/// Reads the digits of a Content-Length and turns all else into what is no number. Kestrel parses the text of this header
/// as any integer, so <c>+1</c> and <c>-0</c> would pass for 1 and 0: a proxy in front that reads them otherwise could be
/// made to see other requests than are served (RFC 9112, 6.3, allows digits only).
/// </summary>
internal sealed class ContentLengthEncoding : Encoding
{
    private const char NoDigit = 'x';

    public static ContentLengthEncoding Instance { get; } = new();

    /// <summary>Fills the room there is. Kestrel gives room for one char more than it takes for a number, so a longer text is refused.</summary>
    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        int count = Math.Min(bytes.Length, chars.Length);
        for (int i = 0; i < count; i++)
            chars[i] = char.IsAsciiDigit((char)bytes[i]) ? (char)bytes[i] : NoDigit;
        return count;
    }

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetMaxCharCount(int byteCount) => byteCount;

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => Latin1.GetMaxByteCount(charCount);
}
