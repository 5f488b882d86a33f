using System.Runtime.CompilerServices;
using System.Text.Json;
using Json.Schema;

namespace Lanner.State.Settings.Schemas;

/// <summary>A version of JSON Schema: its keywords, those that can take long replaced by bounded ones, and the schema of its schemas.</summary>
internal sealed class SchemaDraft
{
    private static readonly SchemaDraft[] s_all;
    private static readonly DialectRegistry s_dialects = new();

    static SchemaDraft()
    {
        InitializeLibrary(null);
        SchemaSentences.Prepare();
        s_all =
        [
            new("2020-12", MetaSchemas.Draft202012Id, MetaSchemas.Draft202012, Dialect.Draft202012, ItemsBehindOthers.Mended),
            new("2019-09", MetaSchemas.Draft201909Id, MetaSchemas.Draft201909, Dialect.Draft201909),
            new("7", MetaSchemas.Draft7Id, MetaSchemas.Draft7, Dialect.Draft07, ContainsOfOldDrafts.Mended),
            new("6", MetaSchemas.Draft6Id, MetaSchemas.Draft6, Dialect.Draft06, ContainsOfOldDrafts.Mended),
        ];
        foreach (SchemaDraft draft in s_all)
            s_dialects.Register(draft._dialect);
    }

    private readonly Dialect _dialect;

    private SchemaDraft(string name, Uri id, JsonSchema schemas, Dialect dialect, params ReadOnlySpan<IKeywordHandler> mended)
    {
        Name = name;
        Id = id.OriginalString;
        Schemas = schemas;
        // Those that are added replace those of the same name, once: a second With would not keep the order. Unknown keywords are
        // found when a schema is built, with their place.
        _dialect = dialect.With([BoundedReference.Bounded, BoundedPattern.Bounded, BoundedPatternProperties.Bounded, .. mended], id, allowUnknownKeywords: true);
    }

    /// <summary>As in <c>2020-12</c>.</summary>
    public string Name { get; }

    /// <summary>What <c>$schema</c> has.</summary>
    public string Id { get; }

    /// <summary>What its schemas must follow.</summary>
    public JsonSchema Schemas { get; }

    /// <summary>Whether what stands beside <c>$ref</c> is not read.</summary>
    public bool ReadsReferenceAlone => _dialect.RefIgnoresSiblingKeywords;

    /// <summary>Options to build one schema with: what it defines is known to it alone.</summary>
    public BuildOptions BuildOptions => new() { Dialect = _dialect, DialectRegistry = s_dialects, SchemaRegistry = new SchemaRegistry() };

    /// <summary>The draft that <c>$schema</c> names; the newest without.</summary>
    /// <exception cref="FormatException">It is none that is known.</exception>
    public static SchemaDraft Of(JsonElement schema)
    {
        if (!schema.TryGetProperty("$schema", out JsonElement named))
            return s_all[0];
        return Array.Find(s_all, draft => named.ValueKind == JsonValueKind.String && draft.Id.TrimEnd('#') == named.GetString()!.TrimEnd('#'))
            ?? throw new FormatException($"#/$schema is {named.GetRawText()}; known are {string.Join(", ", s_all.Select(static draft => draft.Id))}");
    }

    /// <summary>
    /// The library reads its schemas of schemas in a module initializer. A native program runs those at its start, whether
    /// there is a schema or not, so <c>JsonSchema.Substitutions.xml</c> takes the initializer out of it, and it is called here.
    /// It does nothing the second time.
    /// </summary>
    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "Initialize")]
    private static extern void InitializeLibrary([UnsafeAccessorType("Json.Schema.__ModuleInitialization, JsonSchema.Net")] object? type);
}
