using System.Net;
using System.Text;

namespace Lanner.Control.Tests;

/// <summary>Server-sent events.</summary>
public sealed class EventTests
{
    [Fact]
    public async Task Reader_IsSentWhatHappensAfterItCame()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.Events.Publish("before", static _ => { });
        using Reading reading = await Reading.OpenAsync(control);

        control.Server.Events.Publish("reload", static json => json.WriteString("app", "shop"));
        control.Server.Events.Publish("death", static json => json.WriteNumber("pid", 7));

        (long first, string kind, string data) = await reading.NextAsync();
        Assert.Equal("reload", kind);
        Assert.Matches("^{\"at\":\"20.*Z\",\"app\":\"shop\"}$", data);
        (long second, kind, _) = await reading.NextAsync();
        Assert.Equal((first + 1, "death"), (second, kind));
    }

    [Fact]
    public async Task Reader_ThatComesAgain_IsSentWhatItHasMissed()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.Events.Publish("one", static _ => { });
        control.Server.Events.Publish("two", static _ => { });
        long one;
        using (Reading all = await Reading.OpenAsync(control, "1"))
        {
            Assert.Equal("gap", (await all.NextAsync()).Kind);
            one = (await all.NextAsync()).Id;
        }

        using Reading reading = await Reading.OpenAsync(control, one.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal("two", (await reading.NextAsync()).Kind);
        control.Server.Events.Publish("three", static _ => { });
        Assert.Equal("three", (await reading.NextAsync()).Kind);
    }

    [Fact]
    public async Task Reader_ThatWasAwayTooLong_IsToldOfTheGapFirst()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        long last;
        using (Reading reading = await Reading.OpenAsync(control))
        {
            control.Server.Events.Publish("first", static _ => { });
            last = (await reading.NextAsync()).Id;
        }
        for (int i = 0; i <= ServerEvents.Kept; i++)
            control.Server.Events.Publish("later", static _ => { });

        using Reading again = await Reading.OpenAsync(control, last.ToString(System.Globalization.CultureInfo.InvariantCulture));

        (long gap, string kind, string data) = await again.NextAsync();
        Assert.Equal(("gap", "{}"), (kind, data));
        Assert.Equal((gap + 1, "later"), await again.NextAsync() is var (id, next, _) ? (id, next) : default);
    }

    [Fact]
    public async Task Reader_OfAQuietServer_IsSentAHeartbeat()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        using Reading reading = await Reading.OpenAsync(control);
        await control.Time.UntilTimerAsync();

        control.Time.Advance(EventReader.Heartbeat);

        Assert.Equal(":", await reading.LineAsync());
    }

    [Fact]
    public async Task Reader_ThatDoesNotKeepUp_IsCutOffAndHoldsNobodyUp()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        using Reading reading = await Reading.OpenAsync(control);
        string text = new('x', 64 * 1024);

        // More than the sockets take and may wait: publishing returns all the same.
        for (int i = 0; i < 4 * EventReader.Longest; i++)
            control.Server.Events.Publish("large", json => json.WriteString("text", text));

        await Assert.ThrowsAnyAsync<IOException>(reading.ToEndAsync);
        using Reading next = await Reading.OpenAsync(control);
        control.Server.Events.Publish("after", static _ => { });
        Assert.Equal("after", (await next.NextAsync()).Kind);
    }

    [Fact]
    public async Task Readers_BeyondTheMost_AreRefusedUntilOneGoes()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        var readings = new List<Reading>();
        for (int i = 0; i < ServerEvents.MostReaders; i++)
            readings.Add(await Reading.OpenAsync(control));

        Assert.Equal((503, "application/problem+json"), await control.SendAsync("GET", "/v1/events") is var (status, type, _) ? (status, type) : default);

        readings[0].Dispose();
        while (control.Server.Events.Readers == ServerEvents.MostReaders)
            await Task.Delay(1);
        readings.Add(await Reading.OpenAsync(control));
        readings.ForEach(static reading => reading.Dispose());
    }

    [Fact]
    public async Task Stop_OfTheServer_EndsTheStreams()
    {
        ControlFixture control = await ControlFixture.OverUnixAsync();
        using Reading reading = await Reading.OpenAsync(control);
        control.Server.Events.Publish("last", static _ => { });

        await control.DisposeAsync();

        Assert.Equal("last", (await reading.NextAsync()).Kind);
        Assert.Equal("", await reading.ToEndAsync());
    }

    private sealed class Reading : IDisposable
    {
        private readonly HttpResponseMessage _response;
        private readonly StreamReader _lines;

        private Reading(HttpResponseMessage response, Stream body)
        {
            _response = response;
            _lines = new StreamReader(body, Encoding.UTF8);
        }

        public static async Task<Reading> OpenAsync(ControlFixture control, string? last = null)
        {
            (HttpStatusCode status, Reading? reading) = await TryOpenAsync(control, last);
            Assert.Equal(HttpStatusCode.OK, status);
            return reading!;
        }

        public static async Task<(HttpStatusCode Status, Reading? Reading)> TryOpenAsync(ControlFixture control, string? last = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events");
            if (last is not null)
                request.Headers.Add("Last-Event-ID", last);
            HttpResponseMessage response = await control.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            var reading = new Reading(response, await response.Content.ReadAsStreamAsync());
            if (response.StatusCode != HttpStatusCode.OK)
                return (response.StatusCode, reading);
            Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
            Assert.Equal("retry: 2000", await reading.LineAsync());
            Assert.Equal("", await reading.LineAsync());
            return (response.StatusCode, reading);
        }

        public async Task<string?> LineAsync() => await _lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));

        public async Task<(long Id, string Kind, string Data)> NextAsync()
        {
            string id = (await LineAsync())!, kind = (await LineAsync())!, data = (await LineAsync())!;
            Assert.Equal("", await LineAsync());
            return (long.Parse(id["id: ".Length..], System.Globalization.CultureInfo.InvariantCulture), kind["event: ".Length..], data["data: ".Length..]);
        }

        public Task<string> ToEndAsync() => _lines.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));

        public void Dispose()
        {
            _lines.Dispose();
            _response.Dispose();
        }
    }
}
