using Json.Schema;
using Json.Schema.Keywords;

namespace Lanner.State.Settings.Schemas;

/// <summary><c>contains</c> of drafts 6 and 7: the library gives a reason where it holds, and none where it does not.</summary>
internal sealed class ContainsOfOldDrafts : Json.Schema.Keywords.Draft06.ContainsKeyword
{
    public static ContainsOfOldDrafts Mended { get; } = new();

    public override KeywordEvaluation Evaluate(KeywordData keyword, EvaluationContext context)
    {
        KeywordEvaluation evaluation = base.Evaluate(keyword, context);
        return evaluation with { Error = evaluation.IsValid ? null : "at least 1" };
    }
}

/// <summary><c>items</c> behind <c>prefixItems</c>: the library counts from 0 again, and so names the wrong item.</summary>
internal sealed class ItemsBehindOthers : ItemsKeyword
{
    public static ItemsBehindOthers Mended { get; } = new();

    public override KeywordEvaluation Evaluate(KeywordData keyword, EvaluationContext context)
    {
        if (keyword.Value is not int before || before == 0 || context.Instance.ValueKind != System.Text.Json.JsonValueKind.Array)
            return base.Evaluate(keyword, context);
        EvaluationContext ofItems = context with { EvaluationPath = context.EvaluationPath.Combine(Name) };
        EvaluationResults[] items = [.. context.Instance.EnumerateArray().Skip(before).Select((item, i) => keyword.Subschemas[0].Evaluate(
            ofItems with { Instance = item, InstanceLocation = context.InstanceLocation.Combine(before + i) }))];
        return new KeywordEvaluation
        {
            Keyword = Name,
            IsValid = Array.TrueForAll(items, static item => item.IsValid),
            Details = items,
            Annotation = JsonElementExtensions.True,
        };
    }
}
