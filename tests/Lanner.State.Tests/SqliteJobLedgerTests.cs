using Lanner.State.Jobs;
using Lanner.State.Settings;
using Lanner.State.Sqlite;
using Microsoft.Data.Sqlite;

namespace Lanner.State.Tests;

public sealed class SqliteJobLedgerTests : JobLedgerTests
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lanner-ledger-").FullName;

    protected override async Task<IJobLedger> OpenAsync() => await SqliteState.OpenAsync(_directory, default);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Open_FirstFormat_KeepsItsSettingsAndTakesJobs()
    {
        string directory = Directory.CreateDirectory(Path.Combine(_directory, "old")).FullName;
        await using (var old = new SqliteConnection($"Data Source={Path.Combine(directory, "state.db")};Pooling=False"))
        {
            await old.OpenAsync();
            await using SqliteCommand command = old.CreateCommand();
            command.CommandText = """
                CREATE TABLE settings (app TEXT PRIMARY KEY, version INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, json BLOB NOT NULL, first BLOB NOT NULL);
                CREATE TABLE settings_history (app TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, json BLOB NOT NULL, PRIMARY KEY (app, version));
                INSERT INTO settings VALUES ('shop', 3, 0, 'somebody', x'7b7d', x'7b7d');
                PRAGMA user_version = 1;
                """;
            await command.ExecuteNonQueryAsync();
        }
        await using (SqliteState state = await SqliteState.OpenAsync(directory, default))
        {
            StoredSettings? settings = await state.LoadAsync("shop", default);
            Assert.Equal(3, settings!.Snapshot.Version);
            Assert.NotNull((await ClaimAsync(state, "a", Due("job")))[0]);
        }
        await using SqliteState again = await SqliteState.OpenAsync(directory, default);
        Assert.Single(await again.RunsAsync(null, null, 10, default));
    }

    [Fact]
    public async Task Directory_NothingWasEverKept_IsReadWithoutMakingIt()
    {
        string directory = Path.Combine(_directory, "later");
        await using var state = new StateDirectory(directory);
        Assert.Empty(await state.MarksAsync(default));
        Assert.Empty(await state.WaitingAsync("a", default));
        Assert.Empty(await state.ServersAsync(default));
        Assert.Empty(await state.RunsAsync(null, null, 10, default));
        Assert.False(Directory.Exists(directory));
        Assert.NotNull((await ClaimAsync(state, "a", Due("job")))[0]);
        Assert.Single(await state.RunsAsync(null, null, 10, default));
    }
}
