using Lanner.Jobs.Definitions;
using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>One <c>[job.NAME]</c> of the new file.</summary>
internal sealed class MigratedJob(string name)
{
    public string Name { get; } = name;

    public MigratedTable<JobDeclaration> Table { get; } = new(JobSettingTable.All, new JobDeclaration { Name = name, App = "", Place = "" });
}
