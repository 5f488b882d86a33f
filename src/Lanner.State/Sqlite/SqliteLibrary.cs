using System.Runtime.InteropServices;
using SQLitePCL;

namespace Lanner.State.Sqlite;

/// <summary>
/// The system's own SQLite, which Python needs too and the distribution keeps up to date, instead of a copy in this
/// program.
/// </summary>
internal static class SqliteLibrary
{
    private static readonly string[] s_names = ["libsqlite3.so.0", "libsqlite3.so", "sqlite3"];
    private static readonly Lazy<bool> s_load = new(Load);

    /// <summary>Loads it once.</summary>
    /// <exception cref="StateException">It is not there.</exception>
    public static void Require()
    {
        if (!s_load.Value)
            throw new StateException("SQLite is not installed: settings and jobs are kept with it. Install libsqlite3-0");
    }

    private static bool Load()
    {
        nint library = 0;
        if (!Array.Exists(s_names, name => NativeLibrary.TryLoad(name, out library)))
            return false;
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, (_, _, _) => library);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        return true;
    }
}
