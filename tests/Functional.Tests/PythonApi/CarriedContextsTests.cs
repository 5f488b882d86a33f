namespace Functional.Tests.PythonApi;

/// <summary><c>lanner.spawn</c> in real frameworks.</summary>
public class CarriedContextsTests
{
    [Fact]
    public async Task Flask_TwentyCallsWithinOneRequest_HaveItsContextEachTime()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("carried_flask:app");
        string expected = string.Join(' ', Enumerable.Range(0, 20).Select(index => $"mecarried_flask{index}"));

        // 20 × 500 calls, four requests at once.
        for (int round = 0; round < 125; round++)
        {
            string[] bodies = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => server.Client.GetStringAsync("/twenty?who=me")));
            Assert.All(bodies, body => Assert.Equal(expected, body));
        }
    }

    [Fact]
    public async Task Flask_AfterTheResponse_TheRequestsDataIsStillThere()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("carried_flask:app", ["--workers", "1", "--threads", "2"]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/later") { Content = new FormUrlEncodedContent([new("field", "kept")]) };
        request.Headers.Add("X-Id", "seven");

        using HttpResponseMessage response = await server.Client.SendAsync(request);
        Assert.Equal("sent", await response.Content.ReadAsStringAsync());

        await Processes.UntilAsync(() => server.Client.GetAsync("/after/seven").Result.IsSuccessStatusCode, "the background work");
        Assert.Equal("kept|/later|/twenty", await server.Client.GetStringAsync("/after/seven"));
    }

    [Theory]
    [InlineData("/django", "42 0")]
    [InlineData("/pyramid?x=1", "/pyramid 1 True")]
    [InlineData("/bottle?x=2", "/bottle 2")]
    public async Task OtherFrameworks_AreCarriedToo(string path, string expected)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("carried_others", ["--workers", "1", "--threads", "2"]);

        for (int i = 0; i < 3; i++)
            Assert.Equal(expected, await server.Client.GetStringAsync(path));
    }

    [Fact]
    public async Task Bottle_FormOfTheRequest_IsSeenInTheBackground()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("carried_others", ["--workers", "1", "--threads", "1"]);
        using var form = new FormUrlEncodedContent([new("x", "posted")]);

        using HttpResponseMessage response = await server.Client.PostAsync("/bottle", form);

        Assert.Equal("/bottle posted", await response.Content.ReadAsStringAsync());
    }
}
