using System.Text.Json;
using Json.Schema;

namespace Lanner.State.Settings.Schemas;

/// <summary>Makes a schema of JSON, or says where and why it cannot.</summary>
internal static class SchemaBuild
{
    /// <summary>The library's time for references grows with the square of their number: here it takes a second at most.</summary>
    public const int MostCharacters = 256 << 10;

    /// <summary>
    /// The library follows references by recursion, a schema's longest row of them at once. Four KiB for each that fits;
    /// only what is used of a stack takes memory.
    /// </summary>
    private const int StackBytes = 32 << 20;

    /// <summary>Faults of a schema that are told at once.</summary>
    private const int MostFaults = 5;

    /// <exception cref="FormatException">It cannot be used; the message says where and why.</exception>
    public static JsonSchema Build(JsonElement root)
    {
        JsonSchema? schema = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                schema = BuildHere(root);
            }
            catch (Exception e)
            {
                failure = e;
            }
        }, StackBytes);
        thread.Start();
        thread.Join();
        return failure switch
        {
            null => schema!,
            FormatException => throw failure,
            // Whatever the library throws, it is the schema that made it do so: a reload must be able to say that and go on.
            _ => throw new FormatException($"it is not a JSON Schema: {failure.Message}", failure),
        };
    }

    private static JsonSchema BuildHere(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new FormatException("a schema is a JSON object");
        SchemaDraft draft = SchemaDraft.Of(root);
        CheckAgainst(draft, root);
        JsonSchema schema = JsonSchema.Build(root, draft.BuildOptions);
        SchemaTree.Check(schema.Root, draft);
        return schema;
    }

    /// <summary>Checks it against the schema of schemas: what the library itself throws of such faults has no place.</summary>
    private static void CheckAgainst(SchemaDraft draft, JsonElement root)
    {
        var subject = new SchemaSubject(root);
        if (subject.Problem is { } problem)
            throw new FormatException($"it {problem.Reason}");
        EvaluationResults results = draft.Schemas.Evaluate(root, new EvaluationOptions { OutputFormat = OutputFormat.Hierarchical, RequireFormatValidation = true });
        if (results.IsValid)
            return;
        IReadOnlyList<SettingsProblem> faults = SchemaViolations.List(results, static place => $"#{place}");
        string rest = faults.Count > MostFaults ? $"; and {faults.Count - MostFaults} more faults" : "";
        throw new FormatException(string.Join("; ", faults.Take(MostFaults)) + rest);
    }
}
