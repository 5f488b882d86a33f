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
    public Command Make()
    {
        var peers = string.Join("|", Migrations.Peers);
        var peer = new Argument<string>(peers) { Description = "Whose file it is." };
        var file = new Argument<string>("FILE") { Description = "Its configuration file. Nothing in it is executed." };
        var app = new Argument<string?>("APP") { Arity = ArgumentArity.ZeroOrOne, Description = "The app, where the file names none." };
        var command = new Command("migrate", "Prints the lanner.toml that is equivalent to another server's configuration.") { peer, file, app };
        command.SetAction(result => Run(result.GetValue(peer)!, result.GetValue(file)!, result.GetValue(app)));
        return command;
    }

    private int Run(string peer, string file, string? app)
    {
        if (Migrations.Find(peer) is not { } migrate)
        {
            var near = NearestName.Find(peer, Migrations.Peers) is { } name ? $": did you mean {name}?" : "";
            error.WriteLine($"lanner: there is no migration from '{peer}', only from {string.Join(", ", Migrations.Peers)}{near}");
            return CommandLine.BadUsage;
        }
        try
        {
            var migrated = migrate(new Source(Path.GetFullPath(file), app, Environment.GetEnvironmentVariable));
            output.Write(MigratedFile.Write(migrated));
            foreach (var remark in MigratedFile.InOrder(migrated.Remarks).Where(static remark => remark.Verdict != Verdict.Ignored)) error.WriteLine($"lanner: {remark}");
            return 0;
        }
        catch (MigrationFailure failure)
        {
            error.WriteLine($"lanner: {failure.Message}");
            return CommandLine.BadUsage;
        }
    }
}
