using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lanner.Control.Json;

/// <summary>JSON that is passed on byte for byte, as its members are the app's and not the API's.</summary>
internal interface IRawJson
{
    ReadOnlyMemory<byte> Json { get; }
}

/// <summary>Writes it as it is: it was JSON when it was stored.</summary>
internal sealed class RawJsonConverter<T> : JsonConverter<T>
    where T : class, IRawJson
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteRawValue(value.Json.Span, skipInputValidation: true);
}
