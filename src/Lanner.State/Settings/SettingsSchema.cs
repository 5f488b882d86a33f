using System.Text.Json;
using System.Text.RegularExpressions;
using Json.Schema;
using Lanner.State.Settings.Schemas;

namespace Lanner.State.Settings;

/// <summary>
/// A JSON Schema that settings must follow. All work of a check is bounded: the schema comes from a file that may be
/// wrong, the settings from apps and clients that may be hostile, and both run in the process that holds every connection.
/// </summary>
public sealed class SettingsSchema
{
    /// <summary>As deep as settings may be.</summary>
    private const int MaxDepth = 64;

    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    private readonly JsonSchema _schema;
    private readonly TimeProvider _time;

    private SettingsSchema(JsonSchema schema, string source, TimeProvider time)
    {
        _schema = schema;
        _time = time;
        Source = source;
    }

    /// <summary>Where it was read, for people.</summary>
    public string Source { get; }

    /// <summary>Reads a schema.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="source">Where it was read, for people.</param>
    /// <param name="time">The clock that limits checks; null: the system's.</param>
    /// <exception cref="FormatException">It cannot be used; the message says where and why.</exception>
    public static SettingsSchema Parse(string text, string source = "", TimeProvider? time = null)
    {
        if (text.Length > SchemaBuild.MostCharacters)
            throw new FormatException($"it is longer than {SchemaBuild.MostCharacters:N0} characters");
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, s_strict);
            // A copy that nobody disposes of: the library keeps parts of it.
            return new SettingsSchema(SchemaBuild.Build(document.RootElement.Clone()), source, time ?? TimeProvider.System);
        }
        catch (JsonException e)
        {
            throw new FormatException($"it is not JSON: {e.Message}", e);
        }
    }

    /// <summary>Checks settings.</summary>
    /// <param name="json">A JSON object, as <see cref="SettingsDocument.Write"/> gives it.</param>
    /// <returns>What in them does not follow the schema; what could not be checked within the limits is a problem too.</returns>
    public IReadOnlyList<SettingsProblem> Problems(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json, s_strict);
        var subject = new SchemaSubject(document.RootElement);
        if (subject.Problem is { } problem)
            return [problem];
        try
        {
            // Without explanations it is far quicker, and nearly all settings are valid.
            if (Evaluate(subject, OutputFormat.Flag).IsValid)
                return [];
            if (!subject.CanBeExplained)
                return [new SettingsProblem("", "does not follow the schema; there are too many values to find out which")];
            return SchemaViolations.List(Evaluate(subject, OutputFormat.Hierarchical), subject.Path);
        }
        catch (SchemaLimitException e)
        {
            return [new SettingsProblem(subject.Path(e.Location), e.Message)];
        }
        catch (RegexMatchTimeoutException)
        {
            return [new SettingsProblem("", "has a text whose format takes too long to check")];
        }
        catch (InsufficientExecutionStackException)
        {
            return [new SettingsProblem("", "is nested too deeply to be checked against the schema")];
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            // The library compares numbers as decimals.
            return [new SettingsProblem("", "has a number that is too large to be checked against the schema")];
        }
    }

    private EvaluationResults Evaluate(SchemaSubject subject, OutputFormat format) =>
        _schema.Evaluate(subject.Root, new SchemaCheck(_time) { OutputFormat = format, RequireFormatValidation = true });
}
