using System.Net;
using System.Text.Json.Nodes;

namespace Functional.Tests.Settings;

/// <summary>lanner.settings over real workers: one version a request, everywhere once acknowledged, kept over any end.</summary>
public class LiveSettingsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("start = \"spawn\"")]
    [InlineData("preload = false")]
    public async Task First_values_are_there_at_import_at_setup_and_in_requests(string start)
    {
        await using SettingsServer served = await SettingsServer.StartAsync("currency = \"EUR\"\ndeep = { list = [1, 2.5, true] }", $"workers = 2\n{start}");
        JsonNode state = await served.GetAsync("/read");
        Assert.Equal("""{"currency":"EUR","deep":{"list":[1,2.5,true]}}""", state["values"]!.ToJsonString());
        Assert.Equal((1, 1, 1), ((int)state["import"]!, (int)state["setup"]!, (int)state["version"]!));
    }

    [Fact]
    public async Task An_update_from_a_request_is_in_every_worker_when_it_returns()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("a = 1", "workers = 4\nthreads = 2");
        JsonNode made = await served.UpdateAsync("""{"b":2}""");
        Assert.Equal((2, 1, 2, 2), ((int)made["made"]!, (int)made["pinned"]!, (int)made["refreshed"]!, (int)made["now"]!));
        JsonNode[] states = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => served.GetAsync("/read")));
        Assert.All(states, static state => Assert.Equal("""{"a":1,"b":2}""", state["values"]!.ToJsonString()));
    }

    [Fact]
    public async Task A_request_keeps_the_version_it_began_with()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("a = 1");
        string gate = served.Path("gate");
        Task<JsonNode> holding = served.GetAsync($"/hold?file={gate}");
        await Processes.UntilAsync(() => File.Exists(gate + ".held"), "the request has begun");
        await served.UpdateAsync("""{"a":2}""");
        await File.WriteAllTextAsync(gate, "");
        JsonNode held = await holding;
        Assert.Equal((1, 1, 1, 2), ((int)held["began"]!, (int)held["ended"]!, (int)held["spawned"]!, (int)held["latest"]!));
    }

    [Fact]
    public async Task Settings_cannot_be_changed_in_place()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("deep = { list = [1] }");
        Assert.Contains("settings are read-only", (string)(await served.GetAsync("/mutate"))["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Callbacks_are_called_in_each_worker_and_may_fail()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("a = 1");
        await served.UpdateAsync("""{"bad":true}""");
        await served.Server.WaitForOutputAsync(static line => line.Contains("on_change goes wrong", StringComparison.Ordinal));
        await served.UpdateAsync("""{"bad":null}""");
        Dictionary<int, JsonNode> workers = await served.WorkersAsync(2);
        await Processes.UntilAsync(() => served.WorkersAsync(2).Result.Values.All(static state => state["changes"]!.AsArray().Select(static n => (int)n!).Contains(3)), "both were told of version 3");
        Assert.Equal(2, workers.Count);
    }

    [Fact]
    public async Task Setup_may_change_them()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("a = 1", "workers = 3", new Dictionary<string, string> { ["UPDATE_AT_SETUP"] = "1" });
        JsonNode[] states = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => served.GetAsync("/read")));
        Assert.All(states, static state => Assert.Equal(["a", "slot0", "slot1", "slot2"], state["values"]!.AsObject().Select(static value => value.Key).Order()));
    }

    [Fact]
    public async Task Bad_updates_are_refused_by_name_and_change_nothing()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("port = 1", "workers = 1\nsettings_limit = 2048");
        Assert.Equal("SettingsConflict", (string)(await served.UpdateAsync("""{"port":2}""", ifVersion: 7))["error"]!);
        JsonNode tooLong = await served.UpdateAsync($$"""{"port":"{{new string('x', 3000)}}"}""");
        Assert.Equal("SettingsError", (string)tooLong["error"]!);
        Assert.Contains("settings_limit", (string)tooLong["message"]!, StringComparison.Ordinal);
        Assert.Equal("TypeError", (string)(await served.UpdateAsync("[1]"))["error"]!);
        Assert.Equal((1, """{"port":1}"""), await served.SettingsAsync());
    }

    [Fact]
    public async Task A_schema_refuses_with_path_and_reason_in_Python_and_in_the_API()
    {
        await using var served = new SettingsServer();
        await File.WriteAllTextAsync(served.Path("schema.json"), """{"properties":{"prices":{"properties":{"low":{"type":"number","maximum":10}}}}}""");
        served.Configure("prices = { low = 1 }", "workers = 1\nsettings_schema = \"schema.json\"");
        await served.StartAsync();

        JsonNode refused = await served.UpdateAsync("""{"prices":{"low":11}}""");
        Assert.Equal(("SettingsInvalid", """[["prices.low","must be at most 10"]]"""), ((string)refused["error"]!, refused["problems"]!.ToJsonString()));
        using HttpResponseMessage answer = await served.SendAsync(HttpMethod.Patch, """{"prices":{"low":11}}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("""[{"path":"prices.low","reason":"must be at most 10"}]""", JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["problems"]!.ToJsonString());
        Assert.Equal(1, (await served.SettingsAsync()).Version);
    }

    [Fact]
    public async Task Start_WithoutSchema_LoadsNoSchemaLibrary()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("port = 1");
        Assert.Equal((1, """{"port":1}"""), await served.SettingsAsync());
        string loaded = await File.ReadAllTextAsync($"/proc/{served.Server.Pid}/maps");
        Assert.Contains("libsqlite3", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("JsonSchema.Net", loaded, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"properties":{"port":{"maximum":"9"}}}""", "schema.json, but #/properties/port/maximum: must be a number")]
    [InlineData("""{"properties":{"port":{"$ref":"http://127.0.0.1:1/port.json"}}}""", "#/properties/port/$ref refers to \"http://127.0.0.1:1/port.json\", which is not in this schema; other documents are never fetched")]
    public async Task Check_BadSchema_IsNamedWithItsPlace(string schema, string message)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("schema.json"), schema);
        await File.WriteAllTextAsync(folder.File("lanner.toml"), $"[app.x]\napp = \"settings_app\"\ndirectory = \"{Checkout.Apps}\"\nsettings_schema = \"schema.json\"\n");
        (int code, string[] output) = await LannerServer.RunToEndAsync(["check", "--config", folder.File("lanner.toml")]);
        Assert.Equal(2, code);
        Assert.Contains(output, line => line.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Update_PatternThatBacktracksForEver_IsRefusedAndTheNextIsMade()
    {
        await using var served = new SettingsServer();
        await File.WriteAllTextAsync(served.Path("schema.json"), """{"properties":{"name":{"pattern":"(a+)+$"}}}""");
        served.Configure("port = 1", "workers = 1\nsettings_schema = \"schema.json\"");
        await served.StartAsync();

        JsonNode refused = await served.UpdateAsync($$"""{"name":"{{new string('a', 60)}}!"}""");
        Assert.Equal(["name", "takes more than 1 s to match the schema's pattern (a+)+$"], refused["problems"]![0]!.AsArray().Select(static part => (string)part!));
        Assert.Equal(2, (int)(await served.UpdateAsync("""{"name":"aaa"}"""))["made"]!);
    }

    [Fact]
    public async Task The_API_reads_replaces_and_patches_with_versions()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("a = 1");
        Assert.Equal((1, """{"a":1}"""), await served.SettingsAsync());
        using (HttpResponseMessage put = await served.SendAsync(HttpMethod.Put, """{"b":[null]}""", "\"1\""))
            Assert.Equal((HttpStatusCode.OK, "\"2\""), (put.StatusCode, put.Headers.ETag!.Tag));
        using (HttpResponseMessage late = await served.SendAsync(HttpMethod.Patch, """{"a":2}""", "\"1\""))
            Assert.Equal((HttpStatusCode.PreconditionFailed, "\"2\""), (late.StatusCode, late.Headers.ETag!.Tag));
        using (HttpResponseMessage odd = await served.SendAsync(HttpMethod.Patch, """{"a":2}""", "W/abc"))
            Assert.Equal(HttpStatusCode.UnprocessableEntity, odd.StatusCode);
        using (HttpResponseMessage noJson = await served.SendAsync(HttpMethod.Patch, "{a}"))
            Assert.Equal(HttpStatusCode.BadRequest, noJson.StatusCode);
        using (HttpResponseMessage large = await served.SendAsync(HttpMethod.Patch, $$"""{"a":"{{new string('x', 1_100_000)}}"}"""))
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        using (HttpResponseMessage patch = await served.SendAsync(HttpMethod.Patch, """{"a":2}""", "\"2\""))
            Assert.Equal("""{"b":[null],"a":2}""", await patch.Content.ReadAsStringAsync());
        JsonNode history = JsonNode.Parse(await served.Control.GetStringAsync("/v1/apps/x/settings/history?limit=2"))!;
        Assert.Equal([3, 2], history["versions"]!.AsArray().Select(static version => (int)version!["version"]!));
        Assert.StartsWith($"control API, {Environment.UserName} (uid ", (string)history["versions"]![0]!["by"]!, StringComparison.Ordinal);
        Assert.Equal(3, (int)(await served.GetAsync("/read"))["version"]!);
    }

    [Fact]
    public async Task A_megabyte_of_settings_reaches_every_worker()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("a = 1");
        string text = new('x', 1_000_000);
        using (HttpResponseMessage patch = await served.SendAsync(HttpMethod.Patch, $$"""{"big":"{{text}}"}"""))
            Assert.Equal(HttpStatusCode.OK, patch.StatusCode);
        foreach (JsonNode state in (await served.WorkersAsync(2)).Values)
            Assert.Equal(text, (string)state["values"]!["big"]!);
        Assert.Equal(text.Length, ((string)(await served.UpdateAsync("""{"a":2}"""))["values"]!["big"]!).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task They_survive_every_end_of_the_server(bool kill)
    {
        await using SettingsServer served = await SettingsServer.StartAsync("a = 1\nb = 1");
        await served.UpdateAsync("""{"a":5}""");
        await served.StopAsync(kill);
        served.Configure("a = 2\nb = 2"); // b was never changed: the new first value comes
        await served.StartAsync();
        Assert.Equal((3, """{"a":5,"b":2}"""), await served.SettingsAsync());
        Assert.Equal("""{"a":5,"b":2}""", (await served.GetAsync("/read"))["values"]!.ToJsonString());
    }

    [Fact]
    public async Task They_survive_reloads_and_follow_changed_first_values()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("a = 1\nb = 1");
        await served.UpdateAsync("""{"a":5}""");
        served.Configure("a = 2\nb = 2");
        using (HttpResponseMessage reload = await served.Control.PostAsync(new Uri("/v1/reload", UriKind.Relative), null))
            Assert.Equal(HttpStatusCode.OK, reload.StatusCode);
        JsonNode state = await served.GetAsync("/read");
        Assert.Equal(("""{"a":5,"b":2}""", 3), (state["values"]!.ToJsonString(), (int)state["import"]!));
    }

    [Fact]
    public async Task A_worker_that_does_not_confirm_is_replaced_and_the_update_completes()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("a = 1", "workers = 2\nthreads = 2\nsettings_timeout = \"500ms\"\ndrain_timeout = \"1s\"");
        int[] workers = [.. (await served.WorkersAsync(2)).Keys];
        Processes.Signal(workers[0], "STOP");

        using (HttpResponseMessage patch = await served.SendAsync(HttpMethod.Patch, """{"a":2}"""))
            Assert.Equal(HttpStatusCode.OK, patch.StatusCode);

        // None of these can have come to the worker that stands still.
        JsonNode[] states = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => served.GetAsync("/read")));
        Assert.All(states, static state => Assert.Equal(2, (int)state["version"]!));
        await served.Server.WaitForOutputAsync(line => line.Contains($"(pid {workers[0]}) has not confirmed version 2 of the settings", StringComparison.Ordinal));
        await Processes.UntilAsync(() => !Processes.IsAlive(workers[0]), "the stopped worker is gone");
        Assert.DoesNotContain(workers[0], (await served.WorkersAsync(2)).Keys);
    }

    [Fact]
    public async Task State_that_cannot_be_used_is_named_and_nothing_starts()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("state"), "a file");
        await File.WriteAllTextAsync(folder.File("lanner.toml"), $"[server]\nstate = \"state\"\n[app.x]\napp = \"settings_app\"\ndirectory = \"{Checkout.Apps}\"\n[app.x.settings]\na = 1\n");
        (int code, string[] output) = await LannerServer.RunToEndAsync(["serve", "--config", folder.File("lanner.toml"), "-b", "127.0.0.1:0"]);
        Assert.Equal(2, code);
        Assert.Contains(output, static line => line.Contains("the live settings of the app x ([app.x.settings]): ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("when = 2026-01-01T00:00:00Z", "when (line 7) is a date and time")]
    [InlineData("port = \"x\"", "port: must be a number")]
    public async Task Bad_first_values_are_named_with_their_line(string first, string message)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("schema.json"), """{"properties":{"port":{"type":"number"}}}""");
        await File.WriteAllTextAsync(folder.File("lanner.toml"), $"[app.x]\napp = \"settings_app\"\ndirectory = \"{Checkout.Apps}\"\nsettings_schema = \"schema.json\"\n\n[app.x.settings]\n{first}\n");
        (int code, string[] output) = await LannerServer.RunToEndAsync(["check", "--config", folder.File("lanner.toml")]);
        Assert.Equal(2, code);
        Assert.Contains(output, line => line.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Commands_read_and_change_them()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("currency = \"EUR\"\nprices = { low = 1, high = 9 }");
        Assert.Equal((0, "9"), await CommandAsync(served, "get", "x", "prices.high"));
        Assert.Equal((0, "EUR"), await CommandAsync(served, "get", "x", "currency"));
        Assert.Equal((0, "2"), await CommandAsync(served, "set", "x", "prices.low", "-2"));
        Assert.Equal((0, "3"), await CommandAsync(served, "set", "x", "currency", "US dollar"));
        Assert.Equal((0, "4"), await CommandAsync(served, "patch", "x", """{"prices":{"high":null}}"""));
        Assert.Equal("""{"currency":"US dollar","prices":{"low":-2}}""", (await served.SettingsAsync()).Json);
        Assert.Equal((0, """{"currency":"US dollar","prices":{"low":-2}}"""), await CommandAsync(served, "get", "x", "--json"));
        Assert.Equal((1, "lanner: the settings have version 4, not 1"), await CommandAsync(served, "set", "x", "currency", "EUR", "--if-version", "1"));
        Assert.Equal((1, "lanner: there is no prices.none; prices has low"), await CommandAsync(served, "get", "x", "prices.none"));
        (int code, string output) = await CommandAsync(served, "patch", "x", "{");
        Assert.Equal(2, code);
        Assert.Contains("not JSON", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_tells_of_each_change_until_the_server_ends()
    {
        await using SettingsServer served = await SettingsServer.StartAsync("a = 1\nb = { c = 1 }", "workers = 1");
        string control = $"unix:{served.Server.ControlSocket}";
        using LannerCommand watch = LannerCommand.Start("settings", "watch", "x", "--control", control);
        using LannerCommand one = LannerCommand.StartAs(SignalParent.That("default"), "settings", "watch", "x", "b.c", "--json", "--control", control);
        Assert.Equal("""1 {"a":1,"b":{"c":1}}""", await watch.ReadLineAsync());
        Assert.Equal("""{"version":1,"settings":1}""", await one.ReadLineAsync());
        await served.UpdateAsync("""{"a":2}""");
        Assert.Equal("""2 {"a":2,"b":{"c":1}}""", await watch.ReadLineAsync());
        await served.UpdateAsync("""{"b":{"c":5}}""");
        Assert.Equal("""3 {"a":2,"b":{"c":5}}""", await watch.ReadLineAsync());
        Assert.Equal("""{"version":3,"settings":5}""", await one.ReadLineAsync());
        one.Signal("INT");
        Assert.Equal(0, await one.WaitForExitAsync());
        served.Server.Signal("TERM");
        await served.Server.WaitForExitAsync();
        await watch.WaitForExitAsync();
    }

    private static async Task<(int Code, string Output)> CommandAsync(SettingsServer served, params string[] arguments)
    {
        (int code, string[] output) = await LannerServer.RunToEndAsync(["settings", .. arguments, "--control", $"unix:{served.Server.ControlSocket}"]);
        return (code, string.Join('\n', output));
    }
}
