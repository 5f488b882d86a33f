using Lanner.Supervision;

namespace Lanner.Server.Configuration.Values;

/// <summary>Limits of each process: <c>{ nofile = 4096, as = "2GB", nice = 5 }</c>.</summary>
internal sealed class ProcessLimitsKind : ValueKind<ProcessLimits>
{
    private static readonly WholeNumberKind OpenFiles = new(64, 1 << 20);
    private static readonly SizeKind AddressSpace = new(64 << 20, long.MaxValue);
    private static readonly WholeNumberKind Nice = new(-20, 19);

    public override string Type => "table of nofile, as, nice";

    public override string Expected => "a table such as { nofile = 4096, as = \"2GB\", nice = 5 }";

    public override Reading<ProcessLimits> Read(TomlValue value, string baseDirectory)
    {
        if (value.Content is not TomlTable table) return Wrong(value);
        var limits = new ProcessLimits();
        foreach (var entry in table)
        {
            string? problem;
            switch (entry.Key)
            {
                case "nofile":
                    (var files, problem) = (OpenFiles.Read(entry.Value, baseDirectory).Value, OpenFiles.Read(entry.Value, baseDirectory).Problem);
                    limits = limits with { OpenFiles = files };
                    break;
                case "as":
                    (var bytes, problem) = (AddressSpace.Read(entry.Value, baseDirectory).Value, AddressSpace.Read(entry.Value, baseDirectory).Problem);
                    limits = limits with { AddressSpace = bytes };
                    break;
                case "nice":
                    (var nice, problem) = (Nice.Read(entry.Value, baseDirectory).Value, Nice.Read(entry.Value, baseDirectory).Problem);
                    limits = limits with { Nice = nice };
                    break;
                default:
                    return Reading<ProcessLimits>.Bad(NearestName.Find(entry.Key, ["nofile", "as", "nice"]) is { } near
                        ? $"holds the unknown key '{entry.Key}': did you mean '{near}'?"
                        : $"must be {Expected}, but holds the key '{entry.Key}'");
            }
            if (problem is not null) return Reading<ProcessLimits>.Bad($"has a key {entry.Key} that {problem}");
        }
        return Reading<ProcessLimits>.Good(limits);
    }

    public override Reading<ProcessLimits> Parse(string text, string baseDirectory) => Wrong(text);

    public override string Show(ProcessLimits value)
    {
        var parts = new List<string>();
        if (value.OpenFiles is { } files) parts.Add($"nofile = {OpenFiles.Show(files)}");
        if (value.AddressSpace is { } bytes) parts.Add($"as = {AddressSpace.Show(bytes)}");
        if (value.Nice is { } nice) parts.Add($"nice = {Nice.Show(nice)}");
        return parts.Count == 0 ? "{}" : $"{{ {string.Join(", ", parts)} }}";
    }
}
