using System.Runtime.CompilerServices;
using System.Text;
using Lanner.State.Settings;
using Lanner.State.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lanner.State.Tests;

/// <summary>What every store of settings must do, whatever keeps them.</summary>
public abstract class SettingsStoreTests : IAsyncLifetime
{
    private static readonly DateTimeOffset s_time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    protected ISettingsStore Store { get; private set; } = null!;

    protected abstract Task<ISettingsStore> OpenAsync();

    public async Task InitializeAsync() => Store = await OpenAsync();

    public virtual async Task DisposeAsync() => await Store.DisposeAsync();

    [Fact]
    public async Task What_was_appended_is_the_newest()
    {
        Assert.Null(await Store.LoadAsync("shop", default));
        Assert.True(await Store.TryAppendAsync("shop", 0, [Version(1), Version(2)], default));
        StoredSettings stored = (await Store.LoadAsync("shop", default))!;
        Assert.Equal(2, stored.Snapshot.Version);
        Assert.Equal("""{"n":2}""", Encoding.UTF8.GetString(stored.Snapshot.Json.Span));
        Assert.Equal("""{"first":1}""", Encoding.UTF8.GetString(stored.First.Span));
        Assert.Equal((s_time, "somebody 2"), (stored.At, stored.By));
    }

    [Fact]
    public async Task Apps_do_not_see_each_other()
    {
        Assert.True(await Store.TryAppendAsync("shop", 0, [Version(1)], default));
        Assert.Null(await Store.LoadAsync("other", default));
        Assert.True(await Store.TryAppendAsync("other", 0, [Version(1)], default));
    }

    [Fact]
    public async Task Nothing_is_stored_after_another_version()
    {
        Assert.True(await Store.TryAppendAsync("shop", 0, [Version(1)], default));
        Assert.False(await Store.TryAppendAsync("shop", 0, [Version(1)], default));
        Assert.False(await Store.TryAppendAsync("shop", 2, [Version(3)], default));
        Assert.Equal(1, (await Store.LoadAsync("shop", default))!.Snapshot.Version);
    }

    [Fact]
    public async Task Of_appends_at_once_one_succeeds()
    {
        bool[] done = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Store.TryAppendAsync("shop", 0, [Version(1)], default)));
        Assert.Single(done, true);
    }

    [Fact]
    public async Task The_history_begins_with_the_newest_and_is_bounded()
    {
        for (int i = 1; i <= SqliteState.LongestHistory + 50; i += 10)
            Assert.True(await Store.TryAppendAsync("shop", i - 1, [.. Enumerable.Range(i, 10).Select(Version)], default));
        IReadOnlyList<StoredSettings> history = await Store.HistoryAsync("shop", 1000, default);
        Assert.Equal(SqliteState.LongestHistory, history.Count);
        Assert.Equal(Enumerable.Range(51, SqliteState.LongestHistory).Select(static n => (long)n).Reverse(), history.Select(static version => version.Snapshot.Version));
        Assert.Equal(3, (await Store.HistoryAsync("shop", 3, default)).Count);
    }

    private static StoredSettings Version(int number) =>
        new(new SettingsSnapshot(number, Encoding.UTF8.GetBytes($$"""{"n":{{number}}}""")), s_time, $"somebody {number}", """{"first":1}"""u8.ToArray());
}

public sealed class SqliteStoreTests : SettingsStoreTests
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lanner-state-").FullName;

    protected override async Task<ISettingsStore> OpenAsync() => await SqliteState.OpenAsync(_directory, default);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task The_files_are_their_owners_alone()
    {
        await Store.TryAppendAsync("shop", 0, [new StoredSettings(SettingsSnapshot.Empty with { Version = 1 }, default, "", "{}"u8.ToArray())], default);
        string[] files = Directory.GetFiles(_directory);
        Assert.Contains(files, static file => file.EndsWith("state.db", StringComparison.Ordinal));
        Assert.All(files, static file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task A_damaged_file_is_named_with_what_to_do()
    {
        string directory = Directory.CreateDirectory(Path.Combine(_directory, "damaged")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "state.db"), new string('x', 5000));
        StateException failure = await Assert.ThrowsAsync<StateException>(() => SqliteState.OpenAsync(directory, default));
        Assert.Contains("is damaged", failure.Message, StringComparison.Ordinal);
        Assert.Contains("state.db", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_SQLite_took_back_at_the_commit_leaves_it_usable()
    {
        await using SqliteState state = await SqliteState.OpenAsync(_directory, default);
        var first = new StoredSettings(SettingsSnapshot.Empty with { Version = 1 }, default, "", "{}"u8.ToArray());
        // As when the disk is full: the commit fails, and no transaction is left.
        raw.sqlite3_commit_hook(ConnectionOf(state).Handle, static _ => 1, null);
        for (int i = 0; i < 2; i++)
        {
            StateException failure = await Assert.ThrowsAsync<StateException>(() => state.TryAppendAsync("shop", 0, [first], default));
            Assert.Contains("constraint failed", failure.Message, StringComparison.Ordinal);
        }
        raw.sqlite3_commit_hook(ConnectionOf(state).Handle, (delegate_commit?)null, null);

        Assert.Null(await state.LoadAsync("shop", default));
        Assert.True(await state.TryAppendAsync("shop", 0, [first], default));
    }

    [Fact]
    public async Task TryAppendAsync_DiskFullInTheTransaction_ChangesNothingAndLeavesItUsable()
    {
        await using SqliteState state = await SqliteState.OpenAsync(_directory, default);
        var large = new StoredSettings(new SettingsSnapshot(1, new byte[1 << 20]), default, "", "{}"u8.ToArray());
        Limit(state, 50);
        for (int i = 0; i < 2; i++)
        {
            StateException failure = await Assert.ThrowsAsync<StateException>(() => state.TryAppendAsync("shop", 0, [large], default));
            Assert.Contains("the disk is full", failure.Message, StringComparison.Ordinal);
        }
        Limit(state, 10_000);

        Assert.Null(await state.LoadAsync("shop", default));
        Assert.True(await state.TryAppendAsync("shop", 0, [large], default));

        static void Limit(SqliteState state, int pages)
        {
            using SqliteCommand command = ConnectionOf(state).CreateCommand();
            command.CommandText = $"PRAGMA max_page_count = {pages}";
            command.ExecuteNonQuery();
        }
    }

    [Fact]
    public async Task A_newer_format_is_not_touched()
    {
        await using (var later = new SqliteConnection($"Data Source={Path.Combine(_directory, "state.db")};Pooling=False"))
        {
            await later.OpenAsync();
            await using var command = later.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            await command.ExecuteNonQueryAsync();
        }
        StateException failure = await Assert.ThrowsAsync<StateException>(() => SqliteState.OpenAsync(_directory, default));
        Assert.Contains("newer version of Lanner", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_that_is_no_directory_is_named()
    {
        string file = Path.Combine(_directory, "file");
        await File.WriteAllTextAsync(file, "");
        StateException failure = await Assert.ThrowsAsync<StateException>(() => SqliteState.OpenAsync(file, default));
        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_made_until_there_is_something_to_keep()
    {
        string directory = Path.Combine(_directory, "later");
        await using var state = new StateDirectory(directory);
        Assert.Null(await state.LoadAsync("shop", default));
        Assert.Empty(await state.HistoryAsync("shop", 10, default));
        Assert.False(Directory.Exists(directory));
        Assert.True(await state.TryAppendAsync("shop", 0, [new StoredSettings(SettingsSnapshot.Empty with { Version = 1 }, default, "", "{}"u8.ToArray())], default));
        Assert.Equal(1, (await state.LoadAsync("shop", default))!.Snapshot.Version);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_connection")]
    private static extern ref readonly SqliteConnection ConnectionOf(SqliteState state);
}
