using System.Net;
using System.Text.Json;

namespace Functional.Tests;

/// <summary>What the processes that an app starts inherit: nothing of the server's.</summary>
public class DescriptorTests
{
    [Theory]
    [InlineData("/fds-exec?all=1")]
    [InlineData("/fds-fork")]
    public async Task Child_OfTheApp_InheritsNoneOfTheServers(string path)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("harm_app");

        JsonElement open = JsonDocument.Parse(await server.Client.GetStringAsync(path)).RootElement;

        JsonElement list = open.TryGetProperty("descriptors", out JsonElement inner) ? inner : open;
        string[] beyond = [.. list.EnumerateObject().Where(entry => int.Parse(entry.Name, System.Globalization.CultureInfo.InvariantCulture) > 2).Select(entry => entry.Value.ToString())];
        Assert.DoesNotContain(beyond, target => target.StartsWith("socket:", StringComparison.Ordinal) || target.Contains("lanner", StringComparison.Ordinal) || target.Contains("pidfd", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Workers_ForkedAtOnce_HoldNothingOfEachOther()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("harm_app", ["--workers", "8", "--threads", "2"]);
        int[] workers = Processes.Children(Assert.Single(Processes.Children(server.Pid)));

        string[] open = [.. workers.SelectMany(pid => new DirectoryInfo($"/proc/{pid}/fd").GetFileSystemInfos().Select(file => file.LinkTarget).OfType<string>().Where(target => target.StartsWith("socket:", StringComparison.Ordinal) || target.StartsWith("pipe:", StringComparison.Ordinal)).Distinct())];

        Assert.Equal(8, workers.Length);
        Assert.NotEmpty(open);
        Assert.Equal(open.Length, open.Distinct().Count());
    }

    [Theory]
    [InlineData("/spawn")]
    [InlineData("/multiprocess?daemon=0")]
    [InlineData("/forked")]
    public async Task Worker_KilledWhileItsChildLives_IsMissedAtOnce(string path)
    {
        using var ledger = new Ledger();
        await using LannerServer server = await LannerServer.StartAppAsync("harm_app", ["--workers", "1"], ledger.Environment);
        int template = Assert.Single(Processes.Children(server.Pid));
        int worker = Assert.Single(Processes.Children(template));
        string told = await server.Client.GetStringAsync(path);
        int child = Processes.Children(worker).Max();
        try
        {
            Task<HttpResponseMessage> running = server.Client.GetAsync("/hang");
            await ledger.UntilAsync("begun hang", 1);

            Processes.Signal(worker, "KILL");

            using HttpResponseMessage answer = await running;
            Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
            Assert.NotEmpty(told);
            Assert.True(Processes.IsAlive(child));
            await Processes.UntilAsync(() => Processes.Children(template) is [var other] && other != worker, "a new worker");
            await server.Client.GetStringAsync("/process");
        }
        finally
        {
            Processes.Signal(child, "KILL");
        }
    }
}
