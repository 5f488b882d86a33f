using System.Net;
using System.Text;
using System.Text.Json;
using Lanner.Control.Configuration;
using Lanner.Control.Events;

namespace Lanner.Control.Tests;

/// <summary>Server-sent events.</summary>
public sealed class EventTests
{
    [Fact]
    public async Task Reader_IsSentWhatHappensAfterItCame()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        Tell(control, "before");
        using Reading reading = await Reading.OpenAsync(control);

        Tell(control, "shop");
        control.Server.Events.Publish(new DeathEvent { At = control.Server.Started, App = "shop", Process = ProcessKind.Template, Pid = 7, Slot = null, Reason = "signal 9" });

        Told first = await reading.NextAsync();
        Assert.Equal("reload", first.Kind);
        Assert.Matches("^{\"at\":\"20.*Z\",\"app\":\"shop\",\"generation\":1,\"done\":true,\"message\":null,\"traceback\":null}$", first.Data);
        Told second = await reading.NextAsync();
        Assert.Equal((first.Id + 1, "death"), (second.Id, second.Kind));
        Assert.Equal("{\"at\":\"2026-11-21T08:00:00.000Z\",\"app\":\"shop\",\"process\":\"template\",\"pid\":7,\"slot\":null,\"reason\":\"signal 9\"}", second.Data);
    }

    [Fact]
    public async Task Change_ThroughTheApi_IsToldWithWhoMadeIt()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.File = new ConfigurationContent("/srv/lanner.toml", "[app.shop]\n"u8.ToArray());
        using Reading reading = await Reading.OpenAsync(control);

        await control.SendAsync("PUT", "/v1/config", "[app.other]\n", ("If-Match", "*"));

        Assert.Equal("config", (await reading.NextAsync()).Kind);
        Told audit = await reading.NextAsync();
        Assert.Equal("audit", audit.Kind);
        Assert.Contains($"\"status\":200,\"done\":true,\"who\":{{\"by\":\"unix\",\"uid\":", audit.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attempt_WithAWrongToken_IsToldWithItsAddress()
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();
        control.Client.DefaultRequestHeaders.Add("Authorization", $"Bearer {ControlFixture.Token}");
        using Reading reading = await Reading.OpenAsync(control);
        control.Client.DefaultRequestHeaders.Clear();

        await control.SendAsync("POST", "/v1/stop", null, ("Authorization", "Bearer wrong"));

        Assert.EndsWith("\"status\":401,\"done\":false,\"who\":{\"by\":\"nobody\",\"address\":\"127.0.0.1\"}}", (await reading.NextAsync()).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reader_ThatComesAgain_IsSentWhatItHasMissed()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        Tell(control, "one");
        Tell(control, "two");
        long one;
        using (Reading all = await Reading.OpenAsync(control, "1"))
        {
            Assert.Equal("gap", (await all.NextAsync()).Kind);
            one = (await all.NextAsync()).Id;
        }

        using Reading reading = await Reading.OpenAsync(control, one.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal("two", (await reading.NextAsync()).App);
        Tell(control, "three");
        Assert.Equal("three", (await reading.NextAsync()).App);
    }

    [Fact]
    public async Task Reader_ThatWasAwayTooLong_IsToldOfTheGapFirst()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        long last;
        using (Reading reading = await Reading.OpenAsync(control))
        {
            Tell(control, "first");
            last = (await reading.NextAsync()).Id;
        }
        for (int i = 0; i <= ServerEvents.Kept; i++)
            Tell(control, "later");

        using Reading again = await Reading.OpenAsync(control, last.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Told gap = await again.NextAsync(), next = await again.NextAsync();
        Assert.Equal(("gap", "{}"), (gap.Kind, gap.Data));
        Assert.Equal((gap.Id + 1, "later"), (next.Id, next.App));
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
            Tell(control, text);

        await Assert.ThrowsAnyAsync<IOException>(reading.ToEndAsync);
        using Reading next = await Reading.OpenAsync(control);
        Tell(control, "after");
        Assert.Equal("after", (await next.NextAsync()).App);
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
        Tell(control, "last");

        await control.DisposeAsync();

        Assert.Equal("last", (await reading.NextAsync()).App);
        Assert.Equal("", await reading.ToEndAsync());
    }

    private static void Tell(ControlFixture control, string app) =>
        control.Server.Events.Publish(new ReloadEvent { At = control.Server.Events.Now, App = app, Generation = 1, Done = true, Message = null, Traceback = null });

    /// <summary>An event as it was read.</summary>
    private sealed record Told(long Id, string Kind, string Data)
    {
        public string? App => JsonDocument.Parse(Data).RootElement.GetProperty("app").GetString();
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

        public async Task<Told> NextAsync()
        {
            string id = (await LineAsync())!, kind = (await LineAsync())!, data = (await LineAsync())!;
            Assert.Equal("", await LineAsync());
            var told = new Told(long.Parse(id["id: ".Length..], System.Globalization.CultureInfo.InvariantCulture), kind["event: ".Length..], data["data: ".Length..]);
            if (told.Kind != "gap")
                ControlFixture.Contract.CheckEvent(told.Kind, told.Data);
            return told;
        }

        public Task<string> ToEndAsync() => _lines.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));

        public void Dispose()
        {
            _lines.Dispose();
            _response.Dispose();
        }
    }
}
