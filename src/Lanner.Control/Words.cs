using System.Text.Json;

namespace Lanner.Control;

/// <summary>States as words, the same in the API, the metrics and messages: <c>timed-out</c>.</summary>
internal static class Words
{
    public static string Of<T>(T value)
        where T : struct, Enum => Of(value.ToString());

    /// <summary>All of an enum.</summary>
    public static IEnumerable<string> All(Type type) => Enum.GetNames(type).Select(Of);

    private static string Of(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);
}
