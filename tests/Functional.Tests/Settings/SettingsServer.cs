using System.Text.Json.Nodes;

namespace Functional.Tests.Settings;

/// <summary>settings_app.py served from a directory of its own, which keeps its state over several servers.</summary>
internal sealed class SettingsServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    public LannerServer Server { get; private set; } = null!;

    public HttpClient Control { get; private set; } = null!;

    public string Path(string name) => _folder.File(name);

    /// <summary>The values of <c>[app.x.settings]</c> as lines of TOML, and lines of <c>[app.x]</c>.</summary>
    public static async Task<SettingsServer> StartAsync(string first, string lines = "workers = 2\nthreads = 2", IReadOnlyDictionary<string, string>? environment = null)
    {
        var served = new SettingsServer();
        served.Configure(first, lines);
        await served.StartAsync(environment);
        return served;
    }

    public void Configure(string first, string lines = "workers = 2\nthreads = 2") => File.WriteAllText(Path("lanner.toml"),
        $"[server]\nstate = \"{Path("state")}\"\n[app.x]\napp = \"settings_app\"\ndirectory = \"{Checkout.Apps}\"\npython = \"{LannerServer.DebianPython}\"\n{lines}\n[app.x.settings]\n{first}\n");

    public async Task StartAsync(IReadOnlyDictionary<string, string>? environment = null)
    {
        Server = await LannerServer.StartAsync(["--config", Path("lanner.toml")], environment, python: "");
        Control = Server.OpenControl();
    }

    public async Task StopAsync(bool kill = false)
    {
        if (kill)
        {
            Server.Signal("KILL");
            await Server.WaitForExitAsync();
        }
        await Server.DisposeAsync();
        Control.Dispose();
    }

    /// <summary>What the app answers at a path.</summary>
    public async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Server.Client.GetStringAsync(path))!;

    /// <summary>Has the app change its settings.</summary>
    public async Task<JsonNode> UpdateAsync(string patch, long? ifVersion = null)
    {
        using HttpResponseMessage answer = await Server.Client.PostAsync($"/update{(ifVersion is null ? "" : $"?if_version={ifVersion}")}", new StringContent(patch));
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }

    /// <summary>Changes them by the control API.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string json, string? ifMatch = null)
    {
        var request = new HttpRequestMessage(method, "/v1/apps/x/settings") { Content = new StringContent(json) };
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return Control.SendAsync(request);
    }

    /// <summary>The settings by the control API, with their version.</summary>
    public async Task<(long Version, string Json)> SettingsAsync()
    {
        using HttpResponseMessage answer = await Control.GetAsync(new Uri("/v1/apps/x/settings", UriKind.Relative));
        return (long.Parse(answer.Headers.ETag!.Tag.Trim('"'), System.Globalization.CultureInfo.InvariantCulture), await answer.Content.ReadAsStringAsync());
    }

    /// <summary>What each worker sees: asked until so many have answered.</summary>
    public async Task<Dictionary<int, JsonNode>> WorkersAsync(int count)
    {
        // Each holds its thread until the others are there: so no worker answers for another.
        var seen = new Dictionary<int, JsonNode>();
        await Processes.UntilAsync(() =>
        {
            foreach (JsonNode state in Task.WhenAll(Enumerable.Range(0, 4 * count).Select(_ => GetAsync("/read"))).Result)
                seen[(int)state["pid"]!] = state;
            return seen.Count >= count;
        }, $"{count} workers");
        return seen;
    }

    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
            await StopAsync();
        _folder.Dispose();
    }
}
