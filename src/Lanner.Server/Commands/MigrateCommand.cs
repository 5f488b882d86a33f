using System.CommandLine;
using Lanner.Server.Configuration;
using Lanner.Server.Migration;

namespace Lanner.Server.Commands;

/// <summary>
/// <c>lanner migrate PEER FILE</c>: the settings file to standard output, so that it can be redirected; what was lost or
/// means something else to standard error as well.
/// </summary>
internal sealed class MigrateCommand(TextWriter output, TextWriter error)
{
    /// <summary>The file is printed, but a setting is missing.</summary>
    private const int Incomplete = 1;

    public Command Make()
    {
        var peers = string.Join("|", Migrations.Peers);
        var peer = new Argument<string>(peers) { Description = "Whose file it is." };
        var file = new Argument<string>("FILE") { Description = "Its configuration file. Nothing in it is executed." };
        var app = new Argument<string?>("APP") { Arity = ArgumentArity.ZeroOrOne, Description = "The app, where the file names none." };
        var python = new Option<string?>("--python") { HelpName = "PATH", Description = "The interpreter, or a virtual environment, whose parser reads Python files. Default: $VIRTUAL_ENV, then python3." };
        var command = new Command("migrate", "Prints the lanner.toml that is equivalent to another server's configuration. Exit code 1: a setting is missing in it, at a line with TODO.") { peer, file, app, python };
        command.SetAction(result => Run(result.GetValue(peer)!, new Source(Path.GetFullPath(result.GetValue(file)!), result.GetValue(app), Environment.GetEnvironmentVariable, result.GetValue(python))));
        return command;
    }

    private int Run(string peer, Source source)
    {
        if (Migrations.Find(peer) is not { } migrate)
        {
            var near = NearestName.Find(peer, Migrations.Peers) is { } name ? $": did you mean {name}?" : "";
            error.WriteLine($"lanner: there is no migration from '{peer}', only from {string.Join(", ", Migrations.Peers)}{near}");
            return CommandLine.BadUsage;
        }
        try
        {
            var migrated = migrate(source);
            output.Write(MigratedFile.Write(migrated));
            var remarks = MigratedFile.InOrder(migrated.Remarks.Concat(migrated.Losses).Distinct());
            foreach (var remark in remarks.Where(static remark => remark.Verdict != Verdict.Ignored)) error.WriteLine($"lanner: {TomlText.Comment(remark.ToString())}");
            return migrated.IsComplete ? 0 : Incomplete;
        }
        catch (MigrationFailure failure)
        {
            error.WriteLine($"lanner: {failure.Message}");
            return CommandLine.BadUsage;
        }
    }
}
