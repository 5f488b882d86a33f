namespace Lanner.Server.Migration;

/// <summary>The peers whose files can be migrated.</summary>
internal static class Migrations
{
    private static readonly (string Peer, Func<Source, MigratedServer> Migrate)[] All =
    [
        ("gunicorn", GunicornMigration.Migrate),
        ("uwsgi", UwsgiMigration.Migrate),
        ("mod_wsgi", ModWsgiMigration.Migrate),
        ("paste", PasteMigration.Migrate),
        ("waitress", WaitressMigration.Migrate),
    ];

    public static IEnumerable<string> Peers => All.Select(static entry => entry.Peer);

    /// <summary>Null for a peer that nobody knows.</summary>
    public static Func<Source, MigratedServer>? Find(string peer) =>
        All.FirstOrDefault(entry => entry.Peer == peer.Replace('-', '_')).Migrate;
}
