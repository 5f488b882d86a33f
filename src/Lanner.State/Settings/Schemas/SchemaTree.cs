using Json.Schema;
using Json.Schema.Keywords;

namespace Lanner.State.Settings.Schemas;

/// <summary>Finds in a schema what the library would pass over, or never come back from.</summary>
internal static class SchemaTree
{
    /// <summary>Keywords that check nothing by themselves, allowed in drafts too that do not have them.</summary>
    private static readonly HashSet<string> s_harmless = new(StringComparer.Ordinal)
    {
        "$comment", "$defs", "definitions", "deprecated", "examples", "readOnly", "writeOnly",
    };

    /// <summary>What may stand beside <c>$ref</c> in drafts that read nothing there.</summary>
    private static readonly HashSet<string> s_besideReference = new(s_harmless, StringComparer.Ordinal)
    {
        "$id", "$ref", "$schema", "default", "description", "title",
    };

    /// <exception cref="FormatException">Something is wrong; the message says where and what.</exception>
    public static void Check(JsonSchemaNode root, SchemaDraft draft)
    {
        var places = new Dictionary<JsonSchemaNode, string> { [root] = "#" };
        var next = new Queue<JsonSchemaNode>([root]);
        while (next.TryDequeue(out JsonSchemaNode? node))
        {
            bool isReferenceAlone = draft.ReadsReferenceAlone && Array.Exists(node.Keywords, static keyword => keyword.Handler is RefKeyword);
            foreach (KeywordData keyword in node.Keywords)
            {
                string place = $"{places[node]}/{Name(keyword)}";
                if (isReferenceAlone && !s_besideReference.Contains(Name(keyword)))
                    throw new FormatException($"{place} stands beside $ref, where draft {draft.Name} reads nothing; use allOf, or a newer draft");
                CheckKeyword(keyword, node == root, place, draft);
                foreach (JsonSchemaNode inner in keyword.Subschemas)
                {
                    if (places.TryAdd(inner, Place(keyword, inner, place)))
                        next.Enqueue(inner);
                }
            }
        }
        var loopFree = new Dictionary<JsonSchemaNode, bool>();
        foreach ((JsonSchemaNode node, string place) in places)
            CheckLoop(node, place, loopFree);
    }

    private static void CheckKeyword(KeywordData keyword, bool isRoot, string place, SchemaDraft draft)
    {
        switch (keyword.Handler)
        {
            case AnnotationKeyword when !s_harmless.Contains(Name(keyword)):
                throw new FormatException($"{place} is no keyword of draft {draft.Name}; left unread, it would check nothing");
            case SchemaKeyword when !isRoot:
                throw new FormatException($"{place} is not supported: only the whole schema names its draft");
            // They are for schemas of schemas, and which schema they mean is known while checking only.
            case DynamicRefKeyword or Json.Schema.Keywords.Draft201909.RecursiveRefKeyword:
                throw new FormatException($"{place} is not supported; use $ref");
            case RefKeyword when keyword.Subschemas.Length == 0 || SchemaRegistry.Global.Get((Uri)keyword.Value!) is not null:
                throw new FormatException($"{place} refers to {keyword.RawValue.GetRawText()}, which is not in this schema; other documents are never fetched");
        }
    }

    /// <summary>A check that comes back to where it is, with the same value, never ends.</summary>
    /// <param name="node">Where to begin.</param>
    /// <param name="place">Its place.</param>
    /// <param name="known">What was looked at: true when nothing was found, false while it is under way.</param>
    private static void CheckLoop(JsonSchemaNode node, string place, Dictionary<JsonSchemaNode, bool> known)
    {
        if (known.TryGetValue(node, out bool isDone))
        {
            if (!isDone)
                throw new FormatException($"{place} refers to itself, without end");
            return;
        }
        known[node] = false;
        foreach (KeywordData keyword in node.Keywords)
        {
            if (!IsOfSameValue(keyword.Handler))
                continue;
            foreach (JsonSchemaNode inner in keyword.Subschemas)
                CheckLoop(inner, Place(keyword, inner, $"{place}/{Name(keyword)}"), known);
        }
        known[node] = true;
    }

    /// <summary>Whether the schemas in a keyword are for the very value that the keyword is for.</summary>
    private static bool IsOfSameValue(IKeywordHandler handler) =>
        handler is RefKeyword or AllOfKeyword or AnyOfKeyword or OneOfKeyword or NotKeyword or IfKeyword or ThenKeyword or ElseKeyword
            or DependentSchemasKeyword or Json.Schema.Keywords.Draft06.DependenciesKeyword;

    private static string Name(KeywordData keyword) => keyword.Handler is AnnotationKeyword ? (string)keyword.Value! : keyword.Handler.Name;

    private static string Place(KeywordData keyword, JsonSchemaNode inner, string place) => keyword.Handler switch
    {
        RefKeyword => keyword.RawValue.GetString()!,
        AllOfKeyword or AnyOfKeyword or OneOfKeyword or PrefixItemsKeyword or Json.Schema.Keywords.Draft06.ItemsKeyword
            when keyword.RawValue.ValueKind == System.Text.Json.JsonValueKind.Array => place + inner.RelativePath,
        PropertiesKeyword or PatternPropertiesKeyword or DefsKeyword or Json.Schema.Keywords.Draft06.DefinitionsKeyword
            or DependentSchemasKeyword or Json.Schema.Keywords.Draft06.DependenciesKeyword => place + inner.RelativePath,
        // Elsewhere the library leaves the path of a schema around it.
        _ => place,
    };
}
