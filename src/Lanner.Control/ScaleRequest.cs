using System.Globalization;
using System.Text.Json;

namespace Lanner.Control;

/// <summary>The body of a request to scale: <c>{"workers":N,"threads":M}</c>, one of them at least.</summary>
internal readonly record struct ScaleRequest(int? Workers, int? Threads)
{
    /// <summary>As in the settings.</summary>
    private const int Most = 1024;

    /// <summary>Gathers what is wrong with it; the body is right when that stays empty.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static ScaleRequest Parse(ReadOnlyMemory<byte> body, List<string> problems)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            problems.Add("the body must be an object such as {\"workers\":4}");
            return default;
        }
        ScaleRequest request = default;
        foreach (JsonProperty member in document.RootElement.EnumerateObject())
        {
            switch (member.Name)
            {
                case "workers":
                    request = request with { Workers = Number(member, problems) };
                    break;
                case "threads":
                    request = request with { Threads = Number(member, problems) };
                    break;
                default:
                    problems.Add($"'{member.Name}' is not known here: there are workers and threads");
                    break;
            }
        }
        if (problems.Count == 0 && request == default)
            problems.Add("say workers, threads or both");
        return request;
    }

    public override string ToString() =>
        string.Join(", ", new[] { Workers is { } workers ? $"workers {workers}" : null, Threads is { } threads ? $"threads {threads}" : null }.OfType<string>());

    private static int? Number(JsonProperty member, List<string> problems)
    {
        if (member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out int number) && number is >= 1 and <= Most)
            return number;
        problems.Add(string.Create(CultureInfo.InvariantCulture, $"{member.Name} must be a whole number from 1 to {Most}, not {member.Value.GetRawText()}"));
        return null;
    }
}
