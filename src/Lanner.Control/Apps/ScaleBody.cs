using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using Lanner.Control.Json;

namespace Lanner.Control.Apps;

[Description("How many workers and threads there should be: one of the two or both.")]
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow), Example("""{"workers":4}""")]
internal sealed record ScaleBody
{
    /// <summary>As in the settings.</summary>
    private const int Most = 1024;

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), WholeNumber(1, Most)]
    public int? Workers { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), WholeNumber(1, Most)]
    public int? Threads { get; init; }

    /// <summary>For the audit log.</summary>
    public override string ToString() => (Workers, Threads) switch
    {
        ({ } workers, { } threads) => string.Create(CultureInfo.InvariantCulture, $"workers {workers}, threads {threads}"),
        ({ } workers, null) => string.Create(CultureInfo.InvariantCulture, $"workers {workers}"),
        (_, { } threads) => string.Create(CultureInfo.InvariantCulture, $"threads {threads}"),
        _ => "",
    };
}
