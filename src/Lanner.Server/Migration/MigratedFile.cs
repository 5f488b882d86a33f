using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>Writes the new file: remarks as comments first, then the settings in a stable order.</summary>
internal static partial class MigratedFile
{
    public static string Write(MigratedServer migrated)
    {
        Complete(migrated);
        var file = new StringBuilder();
        file.Append(Comment($"Made by lanner migrate {migrated.Peer} from {migrated.File}"));
        if (migrated.Remarks.Count > 0)
        {
            file.Append("#\n");
            foreach (var remark in InOrder(migrated.Remarks)) file.Append(Comment(remark.ToString()));
        }
        if (!migrated.Server.IsEmpty) Table(file, "server", migrated.Server.Lines());
        foreach (var app in migrated.Apps)
        {
            Table(file, $"app.{app.Name}", app.Table.Lines());
            if (app.Environment.Count > 0)
                Table(file, $"app.{app.Name}.env", app.Environment.Select(static pair => $"{TomlText.Key(pair.Key)} = {TomlText.Text(pair.Value)}"));
        }
        foreach (var job in migrated.Jobs) Table(file, $"job.{job.Name}", job.Table.Lines());
        return file.ToString();
    }

    /// <summary>In the order of the peer's files; what has no line of its own comes last.</summary>
    public static IEnumerable<Remark> InOrder(IEnumerable<Remark> remarks) => remarks
        .Select(static remark => (Remark: remark, Place: PlaceForm().Match(remark.Option)))
        .OrderBy(static entry => !entry.Place.Success)
        .ThenBy(static entry => entry.Place.Groups["file"].Value, StringComparer.Ordinal)
        .ThenBy(static entry => int.TryParse(entry.Place.Groups["line"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var line) ? line : 0)
        .Select(static entry => entry.Remark);

    [GeneratedRegex(@"\A(?<file>\S+):(?<line>[0-9]+) ")]
    private static partial Regex PlaceForm();

    /// <summary>What was gathered in parts becomes settings.</summary>
    private static void Complete(MigratedServer migrated)
    {
        if (migrated.Binds.Count > 0) migrated.Give("bind", "bind", TomlText.List(migrated.Binds), migrated.BindComment);
        foreach (var app in migrated.Apps)
        {
            if (app.Mounts.Count > 0) migrated.Give("mount", app, "mount", TomlText.List(app.Mounts.Distinct()));
            var limits = new[] { ("nofile", app.OpenFiles), ("as", app.AddressSpace), ("nice", app.Nice) }.Where(static limit => limit.Item2 is not null).ToArray();
            if (limits.Length > 0) migrated.Give("limits", app, "limits", $"{{ {string.Join(", ", limits.Select(static limit => $"{limit.Item1} = {limit.Item2}"))} }}");
        }
    }

    private static void Table(StringBuilder file, string name, IEnumerable<string> lines)
    {
        file.Append('\n').Append('[').Append(name).Append("]\n");
        foreach (var line in lines) file.Append(line).Append('\n');
    }

    private static string Comment(string text) => $"# {TomlText.Comment(text)}\n";
}
