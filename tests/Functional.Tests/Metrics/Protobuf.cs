using System.Buffers.Binary;
using System.Text;

namespace Functional.Tests.Metrics;

/// <summary>A message in the encoding of protocol buffers, read by the numbers of its fields.</summary>
internal sealed class Protobuf
{
    private readonly List<(int Field, ulong Number, byte[]? Content)> _fields = [];

    public Protobuf(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            ulong tag = Varint(ref bytes);
            (int field, int type) = ((int)(tag >> 3), (int)(tag & 7));
            switch (type)
            {
                case 0:
                    _fields.Add((field, Varint(ref bytes), null));
                    break;
                case 1:
                    _fields.Add((field, BinaryPrimitives.ReadUInt64LittleEndian(bytes), null));
                    bytes = bytes[8..];
                    break;
                case 2:
                    int length = (int)Varint(ref bytes);
                    _fields.Add((field, 0, bytes[..length].ToArray()));
                    bytes = bytes[length..];
                    break;
                case 5:
                    _fields.Add((field, BinaryPrimitives.ReadUInt32LittleEndian(bytes), null));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new InvalidDataException($"a field of type {type}");
            }
        }
    }

    public bool Has(int field) => _fields.Exists(one => one.Field == field);

    /// <summary>Every message in a field.</summary>
    public IEnumerable<Protobuf> All(int field) => _fields.Where(one => one.Field == field).Select(static one => new Protobuf(one.Content));

    public ulong Number(int field) => _fields.Find(one => one.Field == field).Number;

    public byte[] Bytes(int field) => _fields.Find(one => one.Field == field).Content ?? [];

    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

    /// <summary>OpenTelemetry's list of attributes.</summary>
    public static IReadOnlyDictionary<string, string> Attributes(Protobuf message, int field) =>
        message.All(field).ToDictionary(static pair => pair.Text(1), static pair => pair.All(2).Select(Value).FirstOrDefault() ?? "", StringComparer.Ordinal);

    private static string Value(Protobuf value) => value.Has(1) ? value.Text(1) : value.Number(3).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
