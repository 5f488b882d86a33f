namespace Functional.Tests;

/// <summary>Apps that change what a process has only once, or use it as if it were theirs alone.</summary>
public class ProcessTests
{
    // The machine that tests may have it set, which hides what is held back.
    private static Dictionary<string, string> With(string change, string folder = ".") =>
        new() { ["PYTHONUNBUFFERED"] = "", ["CHANGE"] = change, ["FOLDER"] = folder };

    [Theory]
    [InlineData("--start", "fork")]
    [InlineData("--start", "spawn")]
    public async Task DefaultTimeout_OfSockets_IsNotTheServers(params string[] start)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("process_app", ["--workers", "1", "--threads", "3", .. start], With("timeout"));
        string worker = await WorkerAsync(server, "/");

        // Two threads and the control link are idle meanwhile, for much longer than the app's timeout.
        Assert.Equal(worker, await WorkerAsync(server, "/wait?seconds=0.5"));

        Assert.Equal(worker, await WorkerAsync(server, "/"));
        Assert.DoesNotContain(server.Output, static line => line.Contains("ended", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Print_WhileTheAppIsImported_IsInTheLogAtOnceAndOnce()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("process_app", environment: With(""));

        await server.WaitForOutputAsync(static line => line.EndsWith("template: printed while it is imported", StringComparison.Ordinal));

        server.Signal("TERM");
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Single(server.Output, static line => line.Contains("without an end", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Print_BeforeTheImportFails_IsInTheLog()
    {
        (int code, string[] output) = await LannerServer.RunToEndAsync(
            ["serve", "process_app:nothing", "--directory", Checkout.Apps, "--python", LannerServer.DebianPython, "-b", "127.0.0.1:0"], With(""));

        Assert.Equal(3, code);
        Assert.Contains(output, static line => line.EndsWith("printed while it is imported", StringComparison.Ordinal));
        Assert.Contains(output, static line => line.EndsWith("without an end", StringComparison.Ordinal));
    }

    [Fact]
    public async Task StandardOutput_ThatTheAppHasReplaced_StaysReplaced()
    {
        using var folder = new TemporaryFolder();
        await using LannerServer server = await LannerServer.StartAppAsync("process_app", environment: With("tee", folder.Path));

        await server.Client.GetStringAsync("/print?text=to-both");

        await server.WaitForOutputAsync(static line => line.EndsWith(": to-both", StringComparison.Ordinal));
        Assert.Equal("to-both\n", await File.ReadAllTextAsync(folder.File("tee")));
    }

    [Theory]
    [InlineData("wrapped", "print")]
    [InlineData("stderr", "print")]
    [InlineData("configured twice", "log")]
    public async Task StandardOutput_ThatTheAppHasOnlyWrapped_IsToldOfItsRequest(string change, string what)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("process_app", environment: With(change));

        await server.Client.GetStringAsync($"/{what}?text=of-a-request");

        string line = await server.WaitForOutputAsync(static line => line.EndsWith(": of-a-request", StringComparison.Ordinal));
        Assert.Contains(" request ", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit", "7", null)]
    [InlineData("raise", "1", "KeyError: 'in the child'")]
    public async Task Child_ForkedInARequest_EndsAsAProgramDoes(string how, string code, string? said)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("process_app", environment: With(""));

        Assert.Equal(code, await server.Client.GetStringAsync($"/fork?how={how}"));

        if (said is not null)
            await server.WaitForOutputAsync(line => line.EndsWith(said, StringComparison.Ordinal));
        server.Signal("TERM");
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.DoesNotContain(server.Output, static line => line.Contains("FrontEndGone", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("fork")]
    [InlineData("spawn")]
    public async Task Work_OfExecutorsAndThreads_IsDoneBeforeTheWorkerEnds(string start)
    {
        using var folder = new TemporaryFolder();
        await using LannerServer server = await LannerServer.StartAppAsync("process_app", ["--workers", "1", "--start", start], With("", folder.Path));
        await server.Client.GetStringAsync("/later");

        server.Signal("TERM");

        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Equal(["by a thread", "by the executor"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
    }

    private static async Task<string> WorkerAsync(LannerServer server, string path)
    {
        using HttpResponseMessage response = await server.Client.GetAsync(path);
        response.EnsureSuccessStatusCode();
        return response.Headers.GetValues("X-Pid").Single();
    }
}
