using System.Globalization;

namespace Lanner.Server.Configuration.Values;

/// <summary>How many workers at least and at most; the same where their number is fixed.</summary>
internal readonly record struct WorkerCount(int Least, int Most);

/// <summary>A number, or <c>{ min = 2, max = 12 }</c>.</summary>
internal sealed class WorkerCountKind(int most) : ValueKind<WorkerCount>
{
    private readonly WholeNumberKind _number = new(1, most);

    public override string Type => "number, or { min, max }";

    public override string Expected => $"{_number.Expected}, or a table such as {{ min = 2, max = 12 }}";

    public override Reading<WorkerCount> Read(TomlValue value, string baseDirectory)
    {
        if (value.Content is long) return Fixed(_number.Read(value, baseDirectory));
        if (value.Content is not TomlTable table) return Wrong(value);
        int? least = null, highest = null;
        foreach (var entry in table)
        {
            if (entry.Key is not ("min" or "max")) return Reading<WorkerCount>.Bad($"must be {Expected}, but holds the key '{entry.Key}'");
            var number = _number.Read(entry.Value, baseDirectory);
            if (number.Problem is { } problem) return Reading<WorkerCount>.Bad($"has a {entry.Key} that {problem}");
            if (entry.Key == "min") least = number.Value;
            else highest = number.Value;
        }
        if (highest is not { } max) return Reading<WorkerCount>.Bad("needs a max: { min = 2, max = 12 }");
        return least > max
            ? Reading<WorkerCount>.Bad($"has a min of {least}, which is more than its max of {max}")
            : Reading<WorkerCount>.Good(new WorkerCount(least ?? 1, max));
    }

    public override Reading<WorkerCount> Parse(string text, string baseDirectory) => Fixed(_number.Parse(text, baseDirectory));

    public override string Show(WorkerCount value) => value.Least == value.Most
        ? value.Least.ToString(CultureInfo.InvariantCulture)
        : $"{{ min = {value.Least}, max = {value.Most} }}";

    private static Reading<WorkerCount> Fixed(Reading<int> reading) => reading.Problem is { } problem
        ? Reading<WorkerCount>.Bad(problem)
        : Reading<WorkerCount>.Good(new WorkerCount(reading.Value, reading.Value));
}
