using System.Text.Json;
using Lanner.State.Settings;
using Lanner.State.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Control.Tests;

/// <summary>Live settings over the API: they come as they are stored, and what is refused says why.</summary>
public sealed class SettingsRouteTests : IAsyncLifetime
{
    private const string Path = "/v1/apps/shop/settings";

    private readonly string _directory = Directory.CreateTempSubdirectory("lanner-settings-").FullName;
    private readonly RunningApps _apps = new();
    private SqliteState _state = null!;
    private LiveSettings _settings = null!;
    private ControlFixture _control = null!;

    public async Task InitializeAsync()
    {
        _state = await SqliteState.OpenAsync(_directory, default);
        _settings = await LiveSettings.OpenAsync("shop", SettingsRules.None, _state, static _ => Task.CompletedTask, TimeProvider.System, NullLogger.Instance, default);
        _control = await ControlFixture.OverUnixAsync();
        _control.Server.Apps = [_apps.Add(RunningApps.Define("shop", "slow_app:application")) with { Settings = _settings }];
    }

    public async Task DisposeAsync()
    {
        await _control.DisposeAsync();
        await _settings.DisposeAsync();
        await _state.DisposeAsync();
        await _apps.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Settings_AreAnsweredByteForByteAsTheyAreStored()
    {
        const string Stored = """{"currency":"€","limit":1.50,"path":"<a/b>"}""";

        Assert.Equal(200, (await _control.SendForTextAsync("PUT", Path, Stored)).Status);

        Assert.Equal((200, "application/json", Stored), await _control.SendForTextAsync("GET", Path));
        (_, _, JsonElement history) = await _control.SendAsync("GET", $"{Path}/history");
        Assert.Equal(Stored, history.GetProperty("versions")[0].GetProperty("settings").GetRawText());
    }

    [Fact]
    public async Task Change_OfAnotherVersion_Is412WithTheVersionThatThereIs()
    {
        await _control.SendAsync("PUT", Path, """{"a":1}""");

        (int status, _, JsonElement problem) = await _control.SendAsync("PATCH", Path, """{"a":2}""", ("If-Match", "\"7\""));

        Assert.Equal((412, "version-differs", 1), (status, problem.GetProperty("code").GetString(), problem.GetProperty("version").GetInt64()));
    }

    [Fact]
    public async Task Change_ThatIsNotValid_Is422WithPathAndReason()
    {
        (int status, _, JsonElement problem) = await _control.SendAsync("PUT", Path, """{"a":{"b":1e400}}""");

        Assert.Equal((422, "settings-invalid"), (status, problem.GetProperty("code").GetString()));
        JsonElement wrong = Assert.Single(problem.GetProperty("problems").EnumerateArray());
        Assert.Equal("a.b", wrong.GetProperty("path").GetString());
        Assert.NotEmpty(wrong.GetProperty("reason").GetString()!);
    }
}
