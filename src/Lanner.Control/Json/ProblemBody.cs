using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lanner.State.Settings;
using Microsoft.AspNetCore.WebUtilities;

namespace Lanner.Control.Json;

[Description("An error (RFC 9457).")]
internal sealed record ProblemBody
{
    public required string Type { get; init; }

    public required string Title { get; init; }

    public required int Status { get; init; }

    [Description("One sentence for the user.")]
    public required string Detail { get; init; }

    [Description("What went wrong, as a word that does not change.")]
    public required string Code { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("not-loaded: why.")]
    public string? Message { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("not-loaded: Python's own, or empty.")]
    public string? Traceback { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("bad-request, settings-refused, settings-invalid: each thing that is wrong.")]
    public IReadOnlyList<WrongBody>? Problems { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("version-differs of live settings: the version that they have.")]
    public long? Version { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("unknown-app: those that there are.")]
    public IReadOnlyList<string>? Apps { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("unknown-job: those that there are.")]
    public IReadOnlyList<string>? Jobs { get; init; }

    /// <param name="status">The status of the answer.</param>
    /// <param name="code">One of <see cref="OpenApi.ControlProblems"/>.</param>
    /// <param name="detail">One sentence for the user.</param>
    public static ProblemBody Of(int status, string code, string detail) =>
        new() { Type = "about:blank", Title = ReasonPhrases.GetReasonPhrase(status), Status = status, Detail = detail, Code = code };
}

[Description("Something that is wrong with what was sent: a sentence with its place, or a value of live settings that was refused.")]
[JsonTypes("string", Or = typeof(RefusedValueBody)), JsonConverter(typeof(WrongBodyConverter))]
internal sealed record WrongBody
{
    public string? Sentence { get; private init; }

    public RefusedValueBody? Value { get; private init; }

    public static WrongBody Of(string sentence) => new() { Sentence = sentence };

    public static WrongBody Of(SettingsProblem problem) => new() { Value = new RefusedValueBody { Path = problem.Path, Reason = problem.Reason } };
}

[Description("A value that was refused.")]
internal sealed record RefusedValueBody
{
    [Description("As in prices.list[2]; empty for the whole.")]
    public required string Path { get; init; }

    public required string Reason { get; init; }
}

/// <summary>Writes the one of the two that there is.</summary>
internal sealed class WrongBodyConverter : JsonConverter<WrongBody>
{
    public override WrongBody Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, WrongBody value, JsonSerializerOptions options)
    {
        if (value.Value is { } refused)
            JsonSerializer.Serialize(writer, refused, ControlJson.Of<RefusedValueBody>());
        else
            writer.WriteStringValue(value.Sentence);
    }
}
