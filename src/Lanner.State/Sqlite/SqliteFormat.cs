namespace Lanner.State.Sqlite;

/// <summary>What the file holds, by its format: each step makes a format of the one before. A step that was released never changes.</summary>
internal static class SqliteFormat
{
    private static readonly string[] s_steps = [
        """
        CREATE TABLE IF NOT EXISTS settings (
            app TEXT PRIMARY KEY, version INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, json BLOB NOT NULL, first BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS settings_history (
            app TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, json BLOB NOT NULL, PRIMARY KEY (app, version));
        """,

        // Times are in units of 100 ns since 1970, states and origins the numbers of their enumerations; what may be long
        // comes last, since SQLite reads a row from its beginning.
        """
        CREATE TABLE job (
            name TEXT PRIMARY KEY, schedule TEXT NOT NULL, considered INTEGER NOT NULL, paused INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE job_run (
            id INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, origin INTEGER NOT NULL, due INTEGER NOT NULL, not_before INTEGER NOT NULL, attempt INTEGER NOT NULL,
            state INTEGER NOT NULL, server TEXT NOT NULL, key TEXT, started INTEGER, finished INTEGER,
            reason TEXT NOT NULL, arguments BLOB NOT NULL, result BLOB NOT NULL, traceback TEXT NOT NULL, log TEXT NOT NULL);
        CREATE UNIQUE INDEX job_run_instant ON job_run (job, due, attempt) WHERE origin = 0;
        CREATE UNIQUE INDEX job_run_key ON job_run (job, key) WHERE state = 0 AND attempt = 1 AND key IS NOT NULL;
        CREATE INDEX job_run_job ON job_run (job);
        CREATE INDEX job_run_open ON job_run (job, state) WHERE state < 3;
        """,

        // One row: the first fencing number of locks that is not reserved.
        """
        CREATE TABLE lock_numbers (id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL);
        """,
    ];

    public static int Newest => s_steps.Length;

    /// <summary>What leads from a format to the newest; 0: an empty file.</summary>
    public static IEnumerable<string> StepsFrom(long format) => s_steps.Skip((int)format);
}
