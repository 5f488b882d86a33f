namespace Functional.Tests;

/// <summary>Requests that wait for a thread, and clients that do not.</summary>
public class QueueTests
{
    [Fact]
    public async Task Client_ThatLeavesWhileItsRequestWaits_IsTakenOutOfTheLine()
    {
        using var ledger = new Ledger();
        string access = ledger.Path + ".access", go = ledger.Path + ".go";
        await using LannerServer server = await LannerServer.StartAppAsync(
            "harm_app", ["--workers", "1", "--threads", "1", "--access-log", access], ledger.Environment);
        Task<string> running = server.Client.GetStringAsync($"/await?event={go}");
        await ledger.UntilAsync("begun await", 1);

        await using (RawConnection leaving = await RawConnection.OpenAsync(server.Address))
            await leaving.SendAsync($"GET /await?event={go}&left HTTP/1.1\r\nHost: x\r\n\r\n");
        await Processes.UntilAsync(() => File.Exists(access) && File.ReadAllText(access).Contains("&left", StringComparison.Ordinal), "the log of the one that left");
        await File.WriteAllTextAsync(go, "");

        Assert.Equal("done\n", await running);
        await server.Client.GetStringAsync("/process");
        Assert.Equal(1, ledger.Count("begun await"));
    }
}
