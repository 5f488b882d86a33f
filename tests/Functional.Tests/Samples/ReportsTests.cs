using System.Globalization;

namespace Functional.Tests.Samples;

/// <summary>A library that knows neither processes nor threads, beside a Django project, each in its own processes.</summary>
public class ReportsTests
{
    [Fact]
    public async Task Library_IsSetUpOnceInEachProcessAndItsCallsDoNotOverlap()
    {
        using var folder = new TemporaryFolder();
        string ledger = folder.File("ledger");
        var environment = new Dictionary<string, string>
        {
            ["REPORTING_LEDGER"] = ledger,
            ["REPORTS_DIRECTORY"] = folder.Path,
            ["SHOP_DATABASE"] = folder.File("shop.sqlite3"),
            ["VIRTUAL_ENV"] = "",
            ["PATH"] = "/usr/bin:/bin:" + Environment.GetEnvironmentVariable("PATH"),
        };
        await using LannerServer server = await LannerServer.StartAsync([Checkout.Sample("reports")], environment, python: "");

        Assert.Equal(4, File.ReadAllLines(ledger).Distinct().Count());
        var pids = new HashSet<string>();
        string[] bodies = await Task.WhenAll(Enumerable.Range(0, 200).Select(async index =>
        {
            using HttpResponseMessage response = await server.Client.GetAsync($"/reports/?title=T{index}");
            lock (pids)
                pids.Add(response.Headers.GetValues("X-Pid").Single());
            return await response.Content.ReadAsStringAsync();
        }));

        for (int index = 0; index < bodies.Length; index++)
        {
            string title = string.Create(CultureInfo.InvariantCulture, $"T{index}");
            string[] lines = [$"# {title}", .. Enumerable.Range(0, 5).Select(line => $"{title}: line {line}"), "1 kinds of content"];
            Assert.Equal(string.Join('\n', lines), bodies[index]);
        }
        Assert.Equal(4, pids.Count);
        Assert.Equal(4, File.ReadAllLines(ledger).Length);
        Assert.Equal(2, Processes.Children(server.Pid).Length);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await server.Client.GetAsync("/no-such-page")).StatusCode);
    }
}
