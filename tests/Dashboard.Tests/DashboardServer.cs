using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;

namespace Dashboard.Tests;

/// <summary>A server with the control API on TCP, and an app that a test can change as a deploy does.</summary>
internal sealed class DashboardServer : IAsyncDisposable
{
    public const string Token = "a token for tests";

    private readonly TemporaryFolder _folder;
    private readonly LannerServer _server;
    private readonly List<Task<HttpResponseMessage>> _asked = [];
    private readonly HashSet<string> _awaited = [];

    private DashboardServer(TemporaryFolder folder, LannerServer server, string control)
    {
        (_folder, _server) = (folder, server);
        Address = new Uri($"http://{control}/");
        Control = new HttpClient { BaseAddress = Address, Timeout = LannerServer.Patience };
        Control.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    /// <summary>Where the dashboard is.</summary>
    public Uri Address { get; }

    /// <summary>The control API, asked with the token.</summary>
    public HttpClient Control { get; }

    /// <param name="apps">Names; the first one has the root, the others a path of their name.</param>
    /// <param name="settings">More lines of each app's settings.</param>
    /// <param name="tables">More tables of the settings.</param>
    public static async Task<DashboardServer> StartAsync(string[]? apps = null, string settings = "workers = 2\nthreads = 4", string tables = "")
    {
        var folder = new TemporaryFolder();
        string[] names = apps ?? ["shop"];
        string control = $"127.0.0.1:{FreePort.Next()}";
        File.Copy(Path.Combine(Checkout.Apps, "dashboard_app.py"), folder.File("dashboard_app.py"));
        await File.WriteAllTextAsync(folder.File("lanner.toml"), $"[server]\ncontrol = \"{control}\"\ncontrol_token = \"{Token}\"\n" + string.Concat(names.Select((name, at) => $"""

            [app.{name}]
            app = "dashboard_app"
            directory = "{folder.Path}"
            python = "{LannerServer.DebianPython}"
            mount = ["/{(at == 0 ? "" : name)}"]
            {settings}

            """)) + tables);
        // Files change faster than their times tell.
        var environment = new Dictionary<string, string> { ["PYTHONPATH"] = Checkout.Apps, ["PYTHONDONTWRITEBYTECODE"] = "1" };
        LannerServer server = await LannerServer.StartAsync(["--config", folder.File("lanner.toml"), "--control", control], environment, python: "");
        return new DashboardServer(folder, server, control);
    }

    /// <summary>The file that something waits for; it is there at the end of the test at the latest.</summary>
    public string PathOf(string name)
    {
        _awaited.Add(name);
        return _folder.File(name);
    }

    /// <summary>Replaces the app's code.</summary>
    public void Deploy(string code) => File.WriteAllText(_folder.File("dashboard_app.py"), code);

    /// <summary>Asks the app; the answer is awaited at the end.</summary>
    public void Ask(string path) => _asked.Add(_server.Client.GetAsync(path));

    public async Task<HttpStatusCode> AskAsync(string path)
    {
        using HttpResponseMessage response = await _server.Client.GetAsync(path);
        return response.StatusCode;
    }

    /// <summary>Lets go what waits for a file.</summary>
    public void Release(string name) => File.WriteAllText(_folder.File(name), "");

    public async Task<JsonElement> GetAsync(string path) => JsonDocument.Parse(await Control.GetStringAsync(new Uri(path, UriKind.Relative))).RootElement;

    public async ValueTask DisposeAsync()
    {
        foreach (string name in _awaited)
            Release(name);
        foreach (Task<HttpResponseMessage> answer in _asked)
            (await answer).Dispose();
        Control.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }
}
