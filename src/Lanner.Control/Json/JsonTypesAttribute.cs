namespace Lanner.Control.Json;

/// <summary>What a converter writes, for the description of the API: the types of JSON; none: every type.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class JsonTypesAttribute(params string[] types) : Attribute
{
    public IReadOnlyList<string> Types { get; } = types;

    /// <summary>A record that may stand in their place.</summary>
    public Type? Or { get; init; }
}
