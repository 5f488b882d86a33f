using System.Runtime.CompilerServices;
using Json.Pointer;
using Json.Schema;

namespace Lanner.State.Settings.Schemas;

/// <summary>The violations in the outcome of a check, each with its place and a sentence.</summary>
internal sealed class SchemaViolations
{
    /// <summary>Alternatives that are put in one sentence.</summary>
    private const int MostAlternatives = 4;

    private readonly Func<JsonPointer, string> _path;
    private readonly List<SettingsProblem> _found = [];
    private readonly HashSet<SettingsProblem> _known = [];

    /// <summary>How many were told, the same ones counted again.</summary>
    private int _told;

    private SchemaViolations(Func<JsonPointer, string> path) => _path = path;

    /// <param name="results">The outcome, with all details.</param>
    /// <param name="path">How a place is written.</param>
    public static IReadOnlyList<SettingsProblem> List(EvaluationResults results, Func<JsonPointer, string> path)
    {
        var violations = new SchemaViolations(path);
        violations.Collect(results);
        return violations._found;
    }

    /// <exception cref="InsufficientExecutionStackException">They are nested too deeply.</exception>
    private void Collect(EvaluationResults results)
    {
        if (results.IsValid)
            return;
        RuntimeHelpers.EnsureSufficientExecutionStack();
        int before = _told;
        string path = _path(results.InstanceLocation);
        foreach ((string keyword, string error) in results.Errors ?? [])
        {
            if (keyword is "required" or "dependentRequired" or "dependencies")
            {
                foreach (string name in SchemaSentences.Names(error))
                    Add(_path(results.InstanceLocation.Combine(name)), "is required");
            }
            else
            {
                Add(path, keyword.Length == 0 ? SchemaSentences.Forbidden(LastKeyword(results)) : SchemaSentences.Of(keyword, error));
            }
        }
        foreach (IGrouping<string, EvaluationResults> inner in (results.Details ?? []).GroupBy(detail => Keyword(detail, results)))
            CollectOf(inner.Key, [.. inner], path);
        // Better a vague sentence than none.
        if (_told == before)
            Add(path, "does not follow the schema");
    }

    /// <summary>What a keyword with schemas in it has found.</summary>
    private void CollectOf(string keyword, List<EvaluationResults> inner, string path)
    {
        switch (keyword)
        {
            case "if" or "contains":
                // The one only decides on others, the other has its own sentence.
                break;
            case "not":
                if (inner[0].IsValid)
                    Add(path, "is what the schema excludes (not)");
                break;
            case "anyOf" or "oneOf":
                int matching = inner.Count(static one => one.IsValid);
                if (matching == 0)
                    AddAlternatives(keyword, inner, path);
                else if (matching > 1 && keyword == "oneOf")
                    Add(path, "must follow one alternative only (oneOf)");
                break;
            case "propertyNames":
                foreach (SettingsProblem problem in inner.SelectMany(name => List(name, _path)))
                    Add(problem.Path, $"has a name that {problem.Reason}");
                break;
            default:
                foreach (EvaluationResults one in inner)
                    Collect(one);
                break;
        }
    }

    /// <summary>One sentence where each alternative has one reason, for the value itself: <c>must be a string or must be null</c>.</summary>
    private void AddAlternatives(string keyword, List<EvaluationResults> inner, string path)
    {
        if (inner.Count <= MostAlternatives)
        {
            SettingsProblem[] reasons = [.. inner.SelectMany(one => List(one, _path)).Take(MostAlternatives + 1)];
            if (reasons.Length == inner.Count && Array.TrueForAll(reasons, reason => reason.Path == path))
            {
                Add(path, string.Join(" or ", reasons.Select(static reason => reason.Reason).Distinct()));
                return;
            }
        }
        Add(path, $"follows no alternative of {keyword}");
    }

    private void Add(string path, string reason)
    {
        _told++;
        var problem = new SettingsProblem(path, reason);
        if (_known.Add(problem))
            _found.Add(problem);
    }

    /// <summary>The keyword of the outer schema through which the inner one was checked.</summary>
    private static string Keyword(EvaluationResults inner, EvaluationResults outer) => inner.EvaluationPath.SegmentCount > outer.EvaluationPath.SegmentCount
        ? inner.EvaluationPath.GetSegment(outer.EvaluationPath.SegmentCount).ToString()
        : "";

    private static string LastKeyword(EvaluationResults results) => results.EvaluationPath.SegmentCount > 0
        ? results.EvaluationPath.GetSegment(results.EvaluationPath.SegmentCount - 1).ToString()
        : "";
}
