using System.Globalization;
using System.Text;

namespace Lanner.Control.Events;

/// <summary>One event as it is kept and sent.</summary>
/// <param name="Id">Its number; later events have greater ones.</param>
/// <param name="Kind">Its name.</param>
/// <param name="Data">A JSON object on one line.</param>
internal sealed record EventFrame(long Id, string Kind, ReadOnlyMemory<byte> Data)
{
    /// <summary>The event as the stream has it.</summary>
    public byte[] Bytes() => [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {Id}\nevent: {Kind}\ndata: ")), .. Data.Span, .. "\n\n"u8];
}
