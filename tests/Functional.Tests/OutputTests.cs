using System.Text.Json;
using System.Text.RegularExpressions;

namespace Functional.Tests;

/// <summary>What apps print, and the access log.</summary>
public class OutputTests
{
    [Theory]
    [InlineData("/print?text=alpha-print", "alpha-print", true)]
    [InlineData("/stderr?text=alpha-stderr", "alpha-stderr", true)]
    [InlineData("/errors?text=alpha-errors", "alpha-errors", true)]
    [InlineData("/warn?text=alpha-warn", "alpha-warn", true)]
    [InlineData("/os-write?fd=1&text=alpha-write", "alpha-write", false)]
    [InlineData("/os-write?fd=2&text=alpha-write", "alpha-write", false)]
    [InlineData("/echo?text=alpha-echo", "alpha-echo", false)]
    public async Task Output_OfAnyKind_IsLoggedWithItsOrigin(string path, string text, bool withRequest)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("harm_app");
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Request-ID", "request-of-the-output");

        (await server.Client.SendAsync(request)).Dispose();

        string line = await server.WaitForOutputAsync(line => line.Contains(text, StringComparison.Ordinal));
        Assert.Matches(@"harm_app\.\d \(pid \d+\)", line);
        if (withRequest)
            Assert.Contains("request-of-the-output", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Flood_OfOutput_StopsNoRequest()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("harm_app");

        Task flood = server.Client.GetStringAsync("/flood?n=20000");
        await server.Client.GetStringAsync("/process");

        await flood;
    }

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task AccessLog_OfEachFormat_TellsTheRequest(string format)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("access.log");
        await using (LannerServer server = await LannerServer.StartAppAsync("slow_app", ["--access-log", path, "--log-format", format]))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/?wait_ms=20");
            request.Headers.Add("X-Request-ID", "logged-request");
            request.Headers.Add("User-Agent", "tester");
            (await server.Client.SendAsync(request)).Dispose();
        }

        string line = Assert.Single(await File.ReadAllLinesAsync(path));

        Assert.Contains("logged-request", line, StringComparison.Ordinal);
        Assert.Contains("tester", line, StringComparison.Ordinal);
        if (format == "json")
            Assert.Equal(200, JsonDocument.Parse(line).RootElement.GetProperty("status").GetInt32());
        else
            Assert.True(int.Parse(Regex.Match(line, @" (\d+)$").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) >= 20_000, line);
    }
}
