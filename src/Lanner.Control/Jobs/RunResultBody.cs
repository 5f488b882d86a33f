using System.ComponentModel;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Lanner.Control.Json;

namespace Lanner.Control.Jobs;

[Description("What the function returned.")]
[JsonTypes, JsonConverter(typeof(RawJsonConverter<RunResultBody>))]
internal sealed record RunResultBody(ReadOnlyMemory<byte> Json) : IRawJson
{
    /// <summary>Readers of JSON take 64 levels as a rule; some are around it.</summary>
    private const int Deepest = 60;

    /// <summary>Characters, as the worker has it.</summary>
    private const int LongestRepr = 1000;

    private static readonly RunResultBody s_nothing = new("null"u8.ToArray());

    /// <summary>Of what is too deep for readers of JSON what it looks like, as of what is no JSON at all.</summary>
    /// <param name="result">As it is stored; empty: nothing.</param>
    public static RunResultBody Of(ReadOnlyMemory<byte> result)
    {
        if (result.IsEmpty)
            return s_nothing;
        try
        {
            var reader = new Utf8JsonReader(result.Span, new JsonReaderOptions { MaxDepth = Deepest });
            while (reader.Read())
            {
            }
            return new RunResultBody(result);
        }
        catch (JsonException)
        {
            string text = Encoding.UTF8.GetString(result.Span);
            var shown = new JsonObject { ["repr"] = text.Length <= LongestRepr ? text : text[..LongestRepr] };
            return new RunResultBody(Encoding.UTF8.GetBytes(shown.ToJsonString()));
        }
    }
}
