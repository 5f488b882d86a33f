namespace Lanner.Server.Migration;

/// <summary>Words for a value that was worked out for this machine's processors, or as if environment variables were unset.</summary>
internal static class Assumption
{
    /// <summary>The comment beside the setting.</summary>
    public static string? Comment(string place, IReadOnlyList<string> depends) => (Variables(depends), HasProcessors(depends)) switch
    {
        ({ Length: 0 }, false) => null,
        ({ Length: 0 }, true) => $"for this machine's processors ({place})",
        (var variables, false) => $"if {Unset(variables, "is", "are")} ({place})",
        (var variables, true) => $"if {Unset(variables, "is", "are")}, and for this machine's processors ({place})",
    };

    /// <summary>What the option means now, after <c>carried over, but</c>.</summary>
    public static string Why(IReadOnlyList<string> depends) => (Variables(depends), HasProcessors(depends)) switch
    {
        ({ Length: 0 }, _) => "as the number for this machine's processors: write yours, or delete the line for Lanner's default",
        (var variables, false) => $"as if {Unset(variables, "were", "were")}: write the value that you use in production",
        (var variables, true) => $"as if {Unset(variables, "were", "were")}, for this machine's processors: write the value that you use in production",
    };

    public static bool HasVariables(IReadOnlyList<string> depends) => Variables(depends).Length > 0;

    private static string[] Variables(IReadOnlyList<string> depends) => [.. depends.Where(static name => name.StartsWith('$'))];

    private static bool HasProcessors(IReadOnlyList<string> depends) => depends.Any(static name => !name.StartsWith('$'));

    private static string Unset(string[] variables, string one, string several) => $"{string.Join(" and ", variables)} {(variables.Length == 1 ? one : several)} unset";
}
