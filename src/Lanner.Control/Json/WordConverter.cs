using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lanner.Control.Json;

/// <summary>
/// Enums as words, <c>timed-out</c>. The serializer's own converter would also take lists of words, <c>debug,info</c>, and make one of them.
/// </summary>
internal sealed class WordConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly Dictionary<T, JsonEncodedText> s_words = Enum.GetValues<T>().ToDictionary(static value => value, static value => JsonEncodedText.Encode(Words.Of(value)));

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        foreach ((T value, JsonEncodedText word) in s_words)
        {
            if (word.Value.Equals(text, StringComparison.OrdinalIgnoreCase))
                return value;
        }
        throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(s_words[value]);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WritePropertyName(s_words[value]);
}
