namespace Functional.Tests;

/// <summary>An app that says more than a frame holds is told so, and its worker goes on with the requests of others.</summary>
public class LongTests(LongTests.Fixture fixture) : IClassFixture<LongTests.Fixture>
{
    public sealed class Fixture() : AppFixture("long_app", "--workers", "1");

    [Theory]
    [InlineData("header", "the status and the headers have 6,000,")]
    [InlineData("reason", "the status and the headers have 6,000,")]
    [InlineData("streamed", "the status and the headers have 6,000,")]
    [InlineData("file", "the status and the headers have 6,000,")]
    public async Task Head_OfMillionsOfBytes_IsTheAppsError(string path, string problem)
    {
        string worker = await WorkerAsync();

        (int status, string head, _) = await fixture.RawAsync("/" + path);

        Assert.Equal(502, status);
        Assert.Contains("Lanner-Error: bad-response", head, StringComparison.Ordinal);
        await fixture.Server.WaitForOutputAsync(line => line.Contains($"GET /{path}", StringComparison.Ordinal) && line.Contains(problem, StringComparison.Ordinal));
        Assert.Equal(worker, await WorkerAsync());
    }

    [Fact]
    public async Task Head_OfAMillionBytes_IsSent()
    {
        (int status, string head, string body) = await fixture.RawAsync("/header?of=1000000");

        Assert.Equal((200, "never"), (status, body));
        Assert.Contains(new string('y', 1_000_000), head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exception_WithAMessageOfMillions_IsToldInItsBeginningAndEnd()
    {
        string worker = await WorkerAsync();

        (int status, _, _) = await fixture.RawAsync("/raise");

        Assert.Equal(500, status);
        string line = await fixture.Server.WaitForOutputAsync(static line => line.Contains("ValueError: begin yyy", StringComparison.Ordinal));
        Assert.Contains("characters are left out] …yyy", line, StringComparison.Ordinal);
        Assert.EndsWith("yyy end", line, StringComparison.Ordinal);
        Assert.Equal(worker, await WorkerAsync());
    }

    [Theory]
    [InlineData("/enqueue", "JobError: 6,000,")]
    [InlineData("/enqueue?of=3000000", "JobError: arguments of 3,000,004 bytes; up to 262,144 are kept")]
    [InlineData("/settings", "SettingsError: 6,000,")]
    public async Task Question_ThatIsTooLong_IsRefused(string path, string problem)
    {
        string worker = await WorkerAsync();

        Assert.StartsWith(problem, await fixture.Server.Client.GetStringAsync(path), StringComparison.Ordinal);

        Assert.Equal(worker, await WorkerAsync());
    }

    [Theory]
    [InlineData("long_app:raises()")]
    [InlineData("long_app:setting_up()")]
    public async Task App_ThatFailsAtLength_IsStillNamed(string app)
    {
        (int code, string[] output) = await LannerServer.RunToEndAsync(
            ["serve", app, "--directory", Checkout.Apps, "--python", LannerServer.DebianPython, "-b", "127.0.0.1:0", "--workers", "1"]);

        Assert.Equal(3, code);
        Assert.Contains(output, static line => line.StartsWith("lanner: the app could not be loaded: ", StringComparison.Ordinal)
            && line.Contains("ValueError: begin yyy", StringComparison.Ordinal) && line.EndsWith("yyy end", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("fork")]
    [InlineData("spawn")]
    public async Task Jobs_AsManyAsTheCodeDeclares_AreScheduled(string start)
    {
        using var folder = new TemporaryFolder();
        await using LannerServer server = await LannerServer.StartAppAsync(
            "long_app", ["--workers", "1", "--start", start], new Dictionary<string, string> { ["JOBS"] = "20000", ["LANNER_STATE"] = folder.File("state") });

        await server.WaitForOutputAsync(static line => line.Contains("20002 jobs are scheduled", StringComparison.Ordinal));
    }

    private async Task<string> WorkerAsync()
    {
        using HttpResponseMessage response = await fixture.Server.Client.GetAsync("/");
        return response.Headers.GetValues("X-Pid").Single();
    }
}
