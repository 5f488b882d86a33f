using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Functional.Tests.Clusters;

/// <summary>A server with cluster_app.py that belongs to a cluster.</summary>
internal sealed class Node : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    public LannerServer Server { get; private set; } = null!;

    public HttpClient Control { get; private set; } = null!;

    public string Path(string name) => _folder.File(name);

    /// <param name="state">The address of NATS.</param>
    /// <param name="ledger">Where the app notes what it does.</param>
    /// <param name="every">How often its job is due; null: never.</param>
    /// <param name="server">Lines of <c>[server]</c>.</param>
    public static async Task<Node> StartAsync(string state, Ledger ledger, string? every = null, string server = "cluster_timeout = \"3s\"")
    {
        var node = new Node();
        try
        {
            await File.WriteAllTextAsync(node.Path("lanner.toml"),
                $"[server]\nstate = \"{state}\"\n{server}\n[app.x]\napp = \"cluster_app\"\ndirectory = \"{Checkout.Apps}\"\npython = \"{LannerServer.DebianPython}\"\n"
                + "workers = 2\nthreads = 2\njobs = { workers = 1, threads = 4 }\n[app.x.settings]\nfirst = 1\n");
            var environment = new Dictionary<string, string>(ledger.Environment);
            if (every is not null)
                environment["EVERY"] = every;
            node.Server = await LannerServer.StartAsync(["--config", node.Path("lanner.toml")], environment, node.Path("."), python: "");
            node.Control = node.Server.OpenControl();
            return node;
        }
        catch
        {
            node._folder.Dispose();
            throw;
        }
    }

    /// <summary>The version of the settings that a request sees.</summary>
    public async Task<long> VersionAsync() => (long)(await SettingsAsync())["version"]!;

    public async Task<JsonNode> SettingsAsync() => JsonNode.Parse(await Server.Client.GetStringAsync("/settings"))!;

    /// <summary>Changes a setting through the control API and gives the version, or what is told instead.</summary>
    public async Task<(HttpStatusCode Status, long Version, string Text)> ChangeAsync(string name, int value)
    {
        using HttpResponseMessage answer = await Control.PatchAsync(new Uri("/v1/apps/x/settings", UriKind.Relative), new StringContent($$"""{"{{name}}":{{value}}}""", Encoding.UTF8, "application/json"));
        string text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, answer.IsSuccessStatusCode ? long.Parse(answer.Headers.ETag!.Tag.Trim('"'), System.Globalization.CultureInfo.InvariantCulture) : 0, text);
    }

    public Task<string> EnqueueAsync(string job, params string[] arguments) =>
        Server.Client.GetStringAsync($"/enqueue?job={job}&arguments={Uri.EscapeDataString(System.Text.Json.JsonSerializer.Serialize(arguments))}");

    public async Task<JsonNode> ClusterAsync() => JsonNode.Parse(await Control.GetStringAsync("/v1/cluster"))!;

    public async Task<int> NodesAsync() => (await ClusterAsync())["nodes"]!.AsArray().Count;

    public async Task<JsonNode[]> RunsAsync(string job) => [.. JsonNode.Parse(await Control.GetStringAsync($"/v1/jobs/{job}/runs?limit=500"))!["runs"]!.AsArray().Select(static run => run!)];

    /// <summary>Ends the server as a failure of power does.</summary>
    public async Task KillAsync()
    {
        Server.Signal("KILL");
        await Server.WaitForExitAsync();
    }

    /// <summary>Looks again and again: what is awaited has no event of its own.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        try
        {
            await Processes.UntilAsync(() => condition().GetAwaiter().GetResult(), what);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{what}:\n{string.Join('\n', Server.Output)}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Control.Dispose();
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
