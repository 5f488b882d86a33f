using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>One <c>[app.NAME]</c> of the new file.</summary>
internal sealed class MigratedApp(string name)
{
    public string Name { get; } = name;

    public MigratedTable<ConfiguredApp> Table { get; } = new(AppSettingTable.All, AppSettingTable.Defaults(name, "/"));

    public List<string> Mounts { get; } = [];

    /// <summary>In the order of the peer's file; a later value replaces an earlier one.</summary>
    public OrderedDictionary<string, string> Environment { get; } = [];

    public string? OpenFiles { get; set; }

    public string? AddressSpace { get; set; }

    public string? Nice { get; set; }

    /// <summary>Adds directories to the front of what Python searches, in their order.</summary>
    public void AddPythonPath(IEnumerable<string> directories)
    {
        var all = (Environment.TryGetValue("PYTHONPATH", out var present) ? present.Split(':') : []).Concat(directories).Distinct().ToArray();
        if (all.Length > 0) Environment["PYTHONPATH"] = string.Join(':', all);
    }
}
