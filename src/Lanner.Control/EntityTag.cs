using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace Lanner.Control;

/// <summary>The ETag of a content, and the conditions that name one.</summary>
internal static class EntityTag
{
    private const int Bytes = 16;

    public static string Of(ReadOnlySpan<byte> content) => $"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, Bytes))}\"";

    /// <summary>Whether the tag is in a list as If-Match and If-None-Match have it; <c>*</c> is every tag.</summary>
    public static bool IsAmong(StringValues condition, string tag)
    {
        foreach (string? line in condition)
        {
            foreach (string entry in (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (entry == "*" || entry == tag || entry == $"W/{tag}")
                    return true;
            }
        }
        return false;
    }
}
