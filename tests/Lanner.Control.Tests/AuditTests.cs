using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

namespace Lanner.Control.Tests;

/// <summary>The audit log.</summary>
public sealed class AuditTests
{
    private static readonly (string Name, string Value) s_token = ("Authorization", $"Bearer {ControlFixture.Token}");

    [Fact]
    public async Task Change_OverAUnixSocket_IsNotedWithTheUserAndProcess()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        await control.SendAsync("POST", "/v1/reload");
        await control.SendAsync("POST", "/v1/apps/shop/reload");
        await control.SendAsync("GET", "/v1/status");

        JsonElement[] lines = Lines(control);
        Assert.Equal(2, lines.Length);
        Assert.Equal("2026-11-21T08:00:00.000Z", lines[0].GetProperty("time").GetString());
        Assert.Equal(("reload", "/v1/reload", 200, true), (lines[0].GetProperty("action").GetString(), lines[0].GetProperty("path").GetString(), lines[0].GetProperty("status").GetInt32(), lines[0].GetProperty("done").GetBoolean()));
        Assert.Equal(("shop", 404, false), (lines[1].GetProperty("target").GetString(), lines[1].GetProperty("status").GetInt32(), lines[1].GetProperty("done").GetBoolean()));
        JsonElement who = lines[0].GetProperty("who");
        Assert.Equal(("unix", Environment.ProcessId), (who.GetProperty("by").GetString(), who.GetProperty("pid").GetInt32()));
        string uid = File.ReadLines("/proc/self/status").Single(static line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];
        Assert.Equal(uid, who.GetProperty("uid").GetInt32().ToString(CultureInfo.InvariantCulture));
        Assert.Equal(Environment.UserName, who.GetProperty("user").GetString());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(control.AuditPath));
    }

    [Fact]
    public async Task Change_OverTcp_IsNotedWithTheAddressAndTheRight()
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();

        await control.SendAsync("POST", "/v1/stop", null, s_token);
        await control.SendAsync("POST", "/v1/stop", null, ("Authorization", "Bearer wrong"));
        await control.SendAsync("POST", "/v1/session", "{\"token\":\"wrong\"}");
        await control.SendAsync("POST", "/v1/session", $"{{\"token\":\"{ControlFixture.Token}\"}}");

        Assert.Equal(
            [("stop", "token", 202), ("login", "nobody", 401), ("login", "nobody", 401), ("login", "nobody", 200)],
            Lines(control).Select(static line => (line.GetProperty("action").GetString()!, line.GetProperty("who").GetProperty("by").GetString()!, line.GetProperty("status").GetInt32())));
        Assert.All(Lines(control), static line => Assert.Equal("127.0.0.1", line.GetProperty("who").GetProperty("address").GetString()));
        Assert.DoesNotContain(ControlFixture.Token, File.ReadAllText(control.AuditPath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_WhenTheFileCannotBeWritten_IsMadeAllTheSame()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        Directory.CreateDirectory(control.AuditPath);

        Assert.Equal(202, (await control.SendAsync("POST", "/v1/stop")).Status);
        Assert.Equal(["stop"], control.Server.Told);
    }

    [Fact]
    public async Task Scaling_IsNotedWithItsNumbers()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        await using var apps = new RunningApps();
        control.Server.Apps = [apps.Add(RunningApps.Define("shop", "slow_app:application") with { Lazy = true })];

        await control.SendAsync("PATCH", "/v1/apps/shop/scale", "{\"workers\":2,\"threads\":3}");

        Assert.Equal("workers 2, threads 3", Assert.Single(Lines(control)).GetProperty("note").GetString());
    }

    [Fact]
    public async Task Change_WhoseClientLeavesBeforeTheAnswer_IsNotedAllTheSame()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        var begun = new TaskCompletionSource();
        control.Server.OnReload = async _ =>
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.Infinite);
        };

        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(control.SocketPath));
            await socket.SendAsync("POST /v1/reload HTTP/1.1\r\nHost: lanner\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            await begun.Task;
        }
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!File.Exists(control.AuditPath) || new FileInfo(control.AuditPath).Length == 0)
            await Task.Delay(10, deadline.Token);

        JsonElement line = Assert.Single(Lines(control));
        Assert.Equal(("reload", 499, false), (line.GetProperty("action").GetString(), line.GetProperty("status").GetInt32(), line.GetProperty("done").GetBoolean()));
        Assert.Equal(("unix", Environment.ProcessId), (line.GetProperty("who").GetProperty("by").GetString(), line.GetProperty("who").GetProperty("pid").GetInt32()));
    }

    private static JsonElement[] Lines(ControlFixture control) =>
        [.. File.ReadAllLines(control.AuditPath).Select(static line => JsonDocument.Parse(line).RootElement)];
}
