using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Lanner.Control.Tests;

namespace Functional.Tests.Supervision;

/// <summary>The settings file replaced through the control API, and what is told of it.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private readonly Deployment _deployment = new();

    private string File => _deployment.Path("lanner.toml");

    public void Dispose() => _deployment.Dispose();

    [Fact]
    public async Task Replacing_TheFile_StartsWhatIsNewSwapsAndKeeps()
    {
        await using LannerServer server = await _deployment.StartAsync("workers = 1");
        using var control = new Control(server);
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (string before, string tag) = await control.FileAsync();
        string after = before.Replace("workers = 1", "workers = 2", StringComparison.Ordinal) + Second("y", "/y");

        (int status, JsonElement trial) = await control.SendAsync("PUT", "/v1/config?dry_run=1", after);

        Assert.Equal(200, status);
        Assert.Equal("""{"added":["y"],"removed":[],"reloaded":["x"],"moved":[]}""", trial.GetProperty("apps").GetRawText());
        // The line with 1 is the old one of x or the new one of y: both differences are shortest.
        Assert.Contains("\n+workers = 2\n", trial.GetProperty("diff").GetString(), StringComparison.Ordinal);
        Assert.Contains("\n+[app.y]\n", trial.GetProperty("diff").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, await System.IO.File.ReadAllTextAsync(File));
        Assert.Equal(1, (await control.GetAsync("/v1/apps/x")).GetProperty("generation").GetInt32());

        (status, JsonElement done) = await control.SendAsync("PUT", "/v1/config", after, ("If-Match", tag));

        Assert.Equal(200, status);
        Assert.Equal(after, await System.IO.File.ReadAllTextAsync(File));
        Assert.Equal((after, done.GetProperty("etag").GetString()), await control.FileAsync());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        JsonElement x = await control.GetAsync("/v1/apps/x");
        Assert.Equal((2, 2), (x.GetProperty("generation").GetInt32(), x.GetProperty("workers_ready").GetInt32()));
        Assert.Equal("one", await server.Client.GetStringAsync("/y/version"));

        // What has been replaced meanwhile is not replaced by who has not seen it.
        (status, _) = await control.SendAsync("PUT", "/v1/config", before, ("If-Match", tag));
        Assert.Equal(412, status);
        (status, done) = await control.SendAsync("PUT", "/v1/config", before, ("If-Match", done.GetProperty("etag").GetString()!));
        Assert.Equal(200, status);
        Assert.Equal("""{"added":[],"removed":["y"],"reloaded":["x"],"moved":[]}""", done.GetProperty("apps").GetRawText());
    }

    [Fact]
    public async Task Replacing_WhenOneAppDoesNotStart_ChangesNothingOfAny()
    {
        await using LannerServer server = await _deployment.StartWithAsync("workers = 1", "", Second("y", "/y"));
        using var control = new Control(server);
        (string before, _) = await control.FileAsync();
        string after = before.Replace("workers = 1", "workers = 2", StringComparison.Ordinal) + Second("z", "/z").Replace("deployed_app", "no_such_app", StringComparison.Ordinal);

        (int status, JsonElement problem) = await control.SendAsync("PUT", "/v1/config", after, ("If-Match", "*"));

        Assert.Equal((409, "not-loaded"), (status, problem.GetProperty("code").GetString()));
        Assert.Contains("no_such_app", problem.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, await System.IO.File.ReadAllTextAsync(File));
        JsonElement x = await control.GetAsync("/v1/apps/x");
        Assert.Equal((1, 1), (x.GetProperty("generation").GetInt32(), x.GetProperty("workers_wanted").GetInt32()));
        Assert.Equal(2, (await control.GetAsync("/v1/apps")).GetProperty("apps").GetArrayLength());
        // The generations that were ready leave nothing.
        await Processes.UntilAsync(() => Processes.Children(server.Pid).Length == 2, "two templates");
        // And a later change is not held up.
        Assert.Equal(200, (await control.SendAsync("PUT", "/v1/config", before.Replace("workers = 1", "workers = 2", StringComparison.Ordinal), ("If-Match", "*"))).Status);
    }

    [Fact]
    public async Task Replacing_WhenTheFileCannotBeWritten_ChangesNothing()
    {
        await using LannerServer server = await _deployment.StartAsync("workers = 1");
        using var control = new Control(server);
        (string before, _) = await control.FileAsync();
        // Nothing can be made in the process's directory, whoever asks.
        System.IO.File.Delete(File);
        System.IO.File.CreateSymbolicLink(File, $"/proc/{Environment.ProcessId}/comm");

        (int status, JsonElement problem) = await control.SendAsync("PUT", "/v1/config", before.Replace("workers = 1", "workers = 2", StringComparison.Ordinal), ("If-Match", "*"));

        Assert.Equal((500, "not-written"), (status, problem.GetProperty("code").GetString()));
        Assert.Equal(1, (await control.GetAsync("/v1/apps/x")).GetProperty("generation").GetInt32());
    }

    [Fact]
    public async Task Replacing_WithWrongSettings_NamesEachLine()
    {
        await using LannerServer server = await _deployment.StartAsync("workers = 1");
        using var control = new Control(server);
        (string before, _) = await control.FileAsync();

        foreach (string query in new[] { "", "?dry_run=1" })
        {
            (int status, JsonElement problem) = await control.SendAsync("PUT", "/v1/config" + query, before + "wokers = 3\nthreads = \"many\"\n", ("If-Match", "*"));
            Assert.Equal((422, "settings-refused"), (status, problem.GetProperty("code").GetString()));
            string[] problems = [.. problem.GetProperty("problems").EnumerateArray().Select(static entry => entry.GetString()!)];
            Assert.Matches(@"lanner\.toml:\d+:\d+: unknown key 'wokers': did you mean 'workers'\?", problems[0]);
            Assert.Matches(@"lanner\.toml:\d+:\d+: threads must be", problems[1]);
        }
        Assert.Equal(before, await System.IO.File.ReadAllTextAsync(File));
    }

    [Fact]
    public async Task Replacing_UnderLoad_LosesNoRequest()
    {
        await using LannerServer server = await _deployment.StartAsync("workers = 2\nthreads = 4");
        using var control = new Control(server);
        (string text, _) = await control.FileAsync();
        using var end = new CancellationTokenSource();
        Task<int>[] clients = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            int answered = 0;
            for (; !end.IsCancellationRequested; answered++)
                Assert.Equal("one", await server.Client.GetStringAsync("/version"));
            return answered;
        }))];

        for (int turn = 0; turn < 5; turn++)
            Assert.Equal(200, (await control.SendAsync("PUT", "/v1/config", text.Replace("threads = 4", $"threads = {turn + 5}", StringComparison.Ordinal), ("If-Match", "*"))).Status);

        await end.CancelAsync();
        Assert.All(await Task.WhenAll(clients), static answered => Assert.True(answered > 0));
    }

    [Fact]
    public async Task Replacements_AndReloadsAtOnce_EndWithTheFileInForce()
    {
        await using LannerServer server = await _deployment.StartAsync("workers = 1\nthreads = 1");
        using var control = new Control(server);
        (string text, _) = await control.FileAsync();

        await Task.WhenAll(Enumerable.Range(2, 4).SelectMany(threads => new[]
        {
            control.SendAsync("PUT", "/v1/config", text.Replace("threads = 1", $"threads = {threads}", StringComparison.Ordinal), ("If-Match", "*")),
            control.SendAsync("POST", "/v1/reload"),
        }));

        (string last, _) = await control.FileAsync();
        JsonElement app = await control.GetAsync("/v1/apps/x");
        Assert.Contains($"threads = {app.GetProperty("threads").GetInt32()}\n", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_InForce_SayWhereTheyComeFrom()
    {
        await using LannerServer server = await _deployment.StartAsync("workers = 1\nenv = { KEY = \"secret\" }", "", "--threads", "3");
        using var control = new Control(server);

        JsonElement settings = (await control.SendAsync("GET", "/v1/config", null, ("Accept", "application/json"))).Answer;

        JsonElement app = settings.GetProperty("apps").GetProperty("x");
        Assert.Equal(("3", "--threads"), (app.GetProperty("threads").GetProperty("value").GetString(), app.GetProperty("threads").GetProperty("from").GetString()));
        Assert.Matches(@"lanner\.toml:\d+$", app.GetProperty("workers").GetProperty("from").GetString()!);
        Assert.Equal("default", app.GetProperty("queue").GetProperty("from").GetString());
        Assert.True(app.GetProperty("env").GetProperty("secret").GetBoolean());
        Assert.DoesNotContain("secret\"", app.GetProperty("env").GetProperty("value").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_WithoutAFile_HasNone()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("environ_app");
        using var control = new Control(server);

        Assert.Equal((404, "no-file"), await control.SendAsync("GET", "/v1/config") is var (status, problem) ? (status, problem.GetProperty("code").GetString()) : default);
        Assert.Equal(200, (await control.SendAsync("GET", "/v1/config", null, ("Accept", "application/json"))).Status);
    }

    [Fact]
    public async Task Events_TellOfAReloadADeathAndTheEnd()
    {
        await using LannerServer server = await _deployment.StartAsync("workers = 1", $"audit_log = \"{_deployment.Path("audit")}\"");
        using var control = new Control(server);
        using HttpResponseMessage stream = await control.Http.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);
        using var events = new StreamReader(await stream.Content.ReadAsStreamAsync());

        await control.SendAsync("POST", "/v1/apps/x/reload");
        await UntilAsync(control, events, "worker", static data => data.GetProperty("state").GetString() == "starting");
        int pid = (await UntilAsync(control, events, "worker", static data => data.GetProperty("state").GetString() == "ready")).GetProperty("pid").GetInt32();
        Assert.Equal("another generation serves", (await UntilAsync(control, events, "worker", static data => data.GetProperty("state").GetString() == "draining")).GetProperty("reason").GetString());
        JsonElement reload = await UntilAsync(control, events, "reload", static _ => true);
        Assert.Equal((2, true), (reload.GetProperty("generation").GetInt32(), reload.GetProperty("done").GetBoolean()));

        Processes.Signal(pid, "KILL");
        JsonElement death = await UntilAsync(control, events, "death", static _ => true);
        Assert.Equal((pid, "signal 9 (KILL)"), (death.GetProperty("pid").GetInt32(), death.GetProperty("reason").GetString()));

        server.Signal("TERM");
        await UntilAsync(control, events, "server", static data => data.GetProperty("state").GetString() == "draining");
        await events.ReadToEndAsync().WaitAsync(LannerServer.Patience);
        Assert.Contains("\"action\":\"reload\"", Assert.Single(await System.IO.File.ReadAllLinesAsync(_deployment.Path("audit"))), StringComparison.Ordinal);
    }

    private string Second(string name, string mount) =>
        $"\n[app.{name}]\napp = \"deployed_app\"\nmount = \"{mount}\"\nworkers = 1\ndirectory = \"{_deployment.Path("")}\"\npython = \"{LannerServer.DebianPython}\"\n";

    /// <summary>Reads up to an event; each before it is held against the description too.</summary>
    private static async Task<JsonElement> UntilAsync(Control control, StreamReader events, string kind, Func<JsonElement, bool> condition)
    {
        ApiContract contract = await control.ContractAsync();
        using var deadline = new CancellationTokenSource(LannerServer.Patience);
        string name = "";
        while (await events.ReadLineAsync(deadline.Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            if (!line.StartsWith("data: ", StringComparison.Ordinal))
                continue;
            contract.CheckEvent(name, line[6..]);
            if (name == kind && JsonDocument.Parse(line[6..]).RootElement is var data && condition(data))
                return data;
        }
        throw new InvalidOperationException($"the stream ended before the event {kind} came");
    }

    /// <summary>A client of the control API that holds every answer against the API's description of itself.</summary>
    private sealed class Control : IDisposable
    {
        private ApiContract? _contract;

        public Control(LannerServer server) => Http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(server.ControlSocket), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://localhost"), Timeout = LannerServer.Patience };

        public HttpClient Http { get; }

        public async Task<JsonElement> GetAsync(string path) => (await SendAsync("GET", path)).Answer;

        public async Task<(string Text, string Tag)> FileAsync()
        {
            using HttpResponseMessage response = await Http.GetAsync("/v1/config");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return (await response.Content.ReadAsStringAsync(), response.Headers.ETag!.ToString());
        }

        public async Task<ApiContract> ContractAsync() => _contract ??= new ApiContract(JsonDocument.Parse(await Http.GetStringAsync("/v1/openapi.json")).RootElement);

        public async Task<(int Status, JsonElement Answer)> SendAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers)
        {
            ApiContract contract = await ContractAsync();
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (body is not null)
                request.Content = new StringContent(body, Encoding.UTF8, "application/toml");
            foreach ((string name, string value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);
            using HttpResponseMessage response = await Http.SendAsync(request);
            string text = await response.Content.ReadAsStringAsync();
            contract.Check(method, path, (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, text);
            return ((int)response.StatusCode, JsonDocument.Parse(text).RootElement);
        }

        public void Dispose() => Http.Dispose();
    }
}
