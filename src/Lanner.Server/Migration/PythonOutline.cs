using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lanner.Server.Migration;

/// <summary>What a statement of a Python file does, as far as a configuration is concerned.</summary>
internal enum PythonStatementKind
{
    /// <summary>Gives a name a value.</summary>
    Value,

    /// <summary>Sets an environment variable.</summary>
    Variable,

    /// <summary>Sets an environment variable unless it is set.</summary>
    DefaultVariable,

    /// <summary>Defines a function.</summary>
    Function,

    /// <summary>Imports names.</summary>
    Import,

    /// <summary>Decides by what is not known here; the other branch would set the names.</summary>
    Condition,

    /// <summary>Holds other statements; it may set the names, and to what is only known when the file runs.</summary>
    Block,

    /// <summary>Does something else, such as a call, and may set the names thereby.</summary>
    Statement,

    /// <summary>Calls a function that was asked for.</summary>
    Call,
}

/// <summary>
/// What <c>python/lanner/peers/outline</c> says of a Python file. What a document leaves out reaches <c>init</c> as null:
/// the generated reader sets every property.
/// </summary>
internal sealed record PythonOutline
{
    public PythonProblem? Problem { get; init; }

    public IReadOnlyList<PythonStatement> Statements { get; init => field = value ?? []; } = [];
}

/// <summary>Why the file cannot be read; lines and columns count from 1, and are 0 where there is none.</summary>
internal sealed record PythonProblem
{
    public required string What { get; init; }

    public int Line { get; init; }

    public int Column { get; init; }
}

/// <summary>One statement on the outermost level of the file.</summary>
internal sealed record PythonStatement : PythonValue
{
    public required PythonStatementKind Kind { get; init; }

    /// <summary>The names that it may set; <c>*</c> stands for every name.</summary>
    public IReadOnlyList<string> Names { get; init => field = value ?? []; } = [];

    public IReadOnlyList<PythonValue> Arguments { get; init => field = value ?? []; } = [];

    /// <summary>Of a call: whether the file makes it when it runs, as far as that is known.</summary>
    public bool IsReached { get; init; }
}

/// <summary>A value, or the reason why it cannot be known without running the file.</summary>
internal record PythonValue
{
    /// <summary>The name that is given the value; none for an argument without.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    public int Line { get; init; }

    /// <summary>What stands in the file, on one line.</summary>
    public string Text { get; init => field = value ?? ""; } = "";

    /// <summary>Undefined where there is a <see cref="Reason"/>.</summary>
    public JsonElement Value { get; init; }

    public string? Reason { get; init; }

    /// <summary>What the value depends on: <c>$NAME</c> for an environment variable, else what counts the processors of this machine.</summary>
    public IReadOnlyList<string> Depends { get; init => field = value ?? []; } = [];

    /// <summary>An object as APP names it; <c>:name</c> is one of the file itself.</summary>
    public string Reference { get; init => field = value ?? ""; } = "";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(PythonOutline))]
internal sealed partial class MigrationJson : JsonSerializerContext;
