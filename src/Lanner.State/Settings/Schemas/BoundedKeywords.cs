using System.Text.Json;
using System.Text.RegularExpressions;
using Json.Schema;
using Json.Schema.Keywords;

namespace Lanner.State.Settings.Schemas;

/// <summary><c>$ref</c>, through which alone a check can go deeper than the schema's own text, or round and round.</summary>
internal sealed class BoundedReference : RefKeyword
{
    public static BoundedReference Bounded { get; } = new();

    public override KeywordEvaluation Evaluate(KeywordData keyword, EvaluationContext context)
    {
        SchemaCheck.Step(context);
        return base.Evaluate(keyword, context);
    }
}

/// <summary><c>pattern</c> with a limit of time.</summary>
internal sealed class BoundedPattern : PatternKeyword
{
    public static BoundedPattern Bounded { get; } = new();

    public override object? ValidateKeywordValue(JsonElement value) => Create(value.GetString()!);

    public override KeywordEvaluation Evaluate(KeywordData keyword, EvaluationContext context)
    {
        SchemaCheck.Step(context);
        try
        {
            return base.Evaluate(keyword, context);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw TooSlow(e, context);
        }
    }

    /// <summary>A pattern as JSON Schema means it; not compiled, which would take longer than most checks.</summary>
    internal static Regex Create(string pattern) => new(pattern, RegexOptions.ECMAScript, TimeSpan.FromSeconds(1));

    internal static SchemaLimitException TooSlow(RegexMatchTimeoutException e, EvaluationContext context) =>
        new(context.InstanceLocation, $"takes more than {e.MatchTimeout.TotalSeconds} s to match the schema's pattern {e.Pattern}");
}

/// <summary><c>patternProperties</c> with a limit of time for each pattern.</summary>
internal sealed class BoundedPatternProperties : PatternPropertiesKeyword
{
    public static BoundedPatternProperties Bounded { get; } = new();

    // The library's own Evaluate wants a dictionary.
    public override object? ValidateKeywordValue(JsonElement value) =>
        value.EnumerateObject().ToDictionary(static property => property.Name, static property => BoundedPattern.Create(property.Name));

    public override KeywordEvaluation Evaluate(KeywordData keyword, EvaluationContext context)
    {
        SchemaCheck.Step(context);
        try
        {
            return base.Evaluate(keyword, context);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw BoundedPattern.TooSlow(e, context);
        }
    }
}
