using System.Text.Json;
using Lanner.Supervision;

namespace Lanner.Control.Tests;

/// <summary>Paths, methods and errors, of a server without apps.</summary>
public sealed class RouteTests
{
    [Fact]
    public async Task Status_OfAReadyServer_SaysSo()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        (int status, string? type, JsonElement body) = await control.SendAsync("GET", "/v1/status");

        Assert.Equal((200, "application/json"), (status, type));
        Assert.Equal("1.2.3", body.GetProperty("version").GetString());
        Assert.Equal("ready", body.GetProperty("state").GetString());
        Assert.True(body.GetProperty("ready").GetBoolean());
        Assert.Equal(Environment.ProcessId, body.GetProperty("pid").GetInt32());
        Assert.Equal("2026-11-21T08:00:00.000Z", body.GetProperty("started").GetString());
        Assert.Equal("http://127.0.0.1:8000", body.GetProperty("addresses")[0].GetString());
        Assert.Equal(0, body.GetProperty("apps").GetArrayLength());
    }

    [Theory]
    [InlineData(ServerState.Starting, "the server is starting")]
    [InlineData(ServerState.Draining, "the server is stopping")]
    public async Task Ready_WhenItIsNot_Is503WithTheReasonWhileLiveIs200(ServerState state, string reason)
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.State = state;

        (int status, string? type, JsonElement body) = await control.SendAsync("GET", "/ready");

        Assert.Equal((503, "application/problem+json", reason), (status, type, body.GetProperty("detail").GetString()));
        Assert.Equal(200, (await control.SendAsync("GET", "/live")).Status);
    }

    [Fact]
    public async Task Ready_WhenItIs_Is200()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        Assert.Equal(200, (await control.SendAsync("GET", "/ready")).Status);
        Assert.Equal((200, ""), (await control.SendForTextAsync("HEAD", "/ready")) is var (status, _, text) ? (status, text) : default);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "unknown-path")]
    [InlineData("GET", "/v1/apps/", 404, "unknown-app")]
    [InlineData("GET", "/v1/apps/shop", 404, "unknown-app")]
    [InlineData("POST", "/v1/apps/shop/reload", 404, "unknown-app")]
    [InlineData("PATCH", "/v1/apps/shop/scale", 404, "unknown-app")]
    [InlineData("GET", "/v1/workers/1/stacks", 404, "unknown-worker")]
    [InlineData("GET", "/v1/workers/x/stacks", 404, "unknown-worker")]
    [InlineData("POST", "/v1/workers/1/recycle", 404, "unknown-worker")]
    [InlineData("DELETE", "/v1/apps", 405, "wrong-method")]
    [InlineData("GET", "/v1/stop", 405, "wrong-method")]
    [InlineData("POST", "/metrics", 405, "wrong-method")]
    public async Task Request_ForWhatIsNotThere_IsAProblem(string method, string path, int expected, string code)
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        (int status, string? type, JsonElement body) = await control.SendAsync(method, path);

        Assert.Equal((expected, "application/problem+json"), (status, type));
        Assert.Equal((expected, code), (body.GetProperty("status").GetInt32(), body.GetProperty("code").GetString()));
        Assert.Empty(control.Server.Told);
    }

    [Fact]
    public async Task Method_Wrong_AllowSaysWhichIsRight()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        using HttpResponseMessage response = await control.Client.DeleteAsync("/v1/status");

        Assert.Equal("GET, HEAD", string.Join(", ", response.Content.Headers.Allow));
    }

    [Fact]
    public async Task Stop_IsPassedOnAndAnsweredAtOnce()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        Assert.Equal(202, (await control.SendAsync("POST", "/v1/stop")).Status);
        Assert.Equal(["stop"], control.Server.Told);
    }

    [Fact]
    public async Task Reload_WaitsForItsEnd()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        var begun = new TaskCompletionSource();
        var end = new TaskCompletionSource();
        control.Server.OnReload = _ =>
        {
            begun.SetResult();
            return end.Task;
        };

        Task<(int Status, string? Type, JsonElement Body)> answer = control.SendAsync("POST", "/v1/reload");
        await begun.Task;
        Assert.False(answer.IsCompleted);
        end.SetResult();

        Assert.Equal(200, (await answer).Status);
        Assert.Equal(0, (await answer).Body.GetProperty("apps").GetArrayLength());
        Assert.Equal(["reload all"], control.Server.Told);
    }

    [Fact]
    public async Task Reload_ThatDoesNotBoot_Is409WithTheTraceback()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.OnReload = _ => throw new AppLoadException("shop could not be imported", "Traceback …\nNameError: x");

        (int status, string? type, JsonElement body) = await control.SendAsync("POST", "/v1/reload");

        Assert.Equal((409, "application/problem+json"), (status, type));
        Assert.Equal("shop could not be imported", body.GetProperty("message").GetString());
        Assert.Equal("Traceback …\nNameError: x", body.GetProperty("traceback").GetString());
    }

    [Fact]
    public async Task Reload_WithWrongSettings_Is422WithEachProblem()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.OnReload = _ => throw new SettingsRefusedException(["lanner.toml:3: unknown key 'wokers'", "lanner.toml:4: threads …"]);

        (int status, string? type, JsonElement body) = await control.SendAsync("POST", "/v1/reload");

        Assert.Equal((422, "application/problem+json"), (status, type));
        Assert.Equal(["lanner.toml:3: unknown key 'wokers'", "lanner.toml:4: threads …"], body.GetProperty("problems").EnumerateArray().Select(problem => problem.GetString()));
    }

    [Fact]
    public async Task Reload_WhileTheServerStops_Is503()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.OnReload = _ => throw new OperationCanceledException();

        Assert.Equal(503, (await control.SendAsync("POST", "/v1/reload")).Status);
    }

    [Fact]
    public async Task Failure_InTheServer_Is500WithoutDetails()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.OnReload = _ => throw new InvalidOperationException("internal");

        (int status, _, JsonElement body) = await control.SendAsync("POST", "/v1/reload");

        Assert.Equal(500, status);
        Assert.DoesNotContain("internal", body.GetRawText(), StringComparison.Ordinal);
    }
}
