using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Functional.Tests.Jobs;

/// <summary>An app with jobs, served from a directory of its own that keeps its state over several servers.</summary>
internal sealed class JobServer : IAsyncDisposable
{
    /// <summary>A thread for each run that a test has under way at a time.</summary>
    public const string Usual = "workers = 1\nthreads = 2\njobs = { workers = 1, threads = 4 }";

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment;

    private JobServer(IReadOnlyDictionary<string, string>? environment)
    {
        _environment = new(environment ?? new Dictionary<string, string>()) { ["VERSION"] = Path("version") };
        foreach ((string name, string value) in Ledger.Environment)
            _environment[name] = value;
        File.WriteAllText(Path("version"), "one");
    }

    public Ledger Ledger { get; } = new();

    public LannerServer Server { get; private set; } = null!;

    public HttpClient Control { get; private set; } = null!;

    public string Path(string name) => _folder.File(name);

    /// <summary>Serves an app of tests/apps; lines are those of <c>[app.x]</c>, more is whole tables.</summary>
    public static async Task<JobServer> StartAsync(string app = "jobs_app", string lines = Usual, string more = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        var served = new JobServer(environment);
        served.Configure(app, lines, more);
        try
        {
            await served.StartAsync();
        }
        catch
        {
            await served.DisposeAsync();
            throw;
        }
        return served;
    }

    public void Configure(string app = "jobs_app", string lines = Usual, string more = "") => File.WriteAllText(Path("lanner.toml"),
        $"[server]\nstate = \"{Path("state")}\"\n[app.x]\napp = \"{app}\"\ndirectory = \"{Checkout.Apps}\"\npython = \"{LannerServer.DebianPython}\"\n{lines}\n{more}\n");

    public async Task StartAsync()
    {
        Server = await LannerServer.StartAsync(["--config", Path("lanner.toml")], _environment, python: "");
        Control = Server.OpenControl();
    }

    /// <summary>Ends the server as a failure of power does.</summary>
    public async Task KillAsync()
    {
        int[] processes = [.. Processes.Children(Server.Pid).SelectMany(template => Processes.Children(template).Append(template))];
        Server.Signal("KILL");
        await Server.WaitForExitAsync();
        await Processes.UntilAsync(() => !processes.Any(Processes.IsAlive), "the processes of the server end with it");
        await StopAsync();
    }

    public async Task StopAsync()
    {
        Control.Dispose();
        await Server.DisposeAsync();
        Server = null!;
    }

    /// <summary>Has a job run and gives the run's number.</summary>
    public async Task<long> RunAsync(string job, string arguments = "")
    {
        using HttpResponseMessage answer = await Control.PostAsync($"/v1/jobs/{job}/run", new StringContent(arguments, Encoding.UTF8, "application/json"));
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return (long)JsonNode.Parse(text)!["run"]!["id"]!;
    }

    /// <summary>Has the app put a job in line and gives the run's number.</summary>
    public async Task<long> EnqueueAsync(string job, string arguments = "[]", string more = "") =>
        long.Parse(await Server.Client.GetStringAsync($"/enqueue?job={job}&arguments={Uri.EscapeDataString(arguments)}{more}"), CultureInfo.InvariantCulture);

    public async Task<JsonNode> RunOfAsync(string job, long id) => JsonNode.Parse(await Control.GetStringAsync($"/v1/jobs/{job}/runs/{id}"))!["run"]!;

    /// <summary>The runs of a job, the newest first.</summary>
    public async Task<JsonNode[]> RunsAsync(string job) => [.. JsonNode.Parse(await Control.GetStringAsync($"/v1/jobs/{job}/runs"))!["runs"]!.AsArray().Select(run => run!)];

    /// <summary>A job as the API shows it.</summary>
    public async Task<JsonNode> JobAsync(string job) => JsonNode.Parse(await Control.GetStringAsync("/v1/jobs"))!["jobs"]!.AsArray().Single(each => (string)each!["name"]! == job)!;

    /// <summary>The run, when it has ended.</summary>
    public async Task<JsonNode> EndAsync(string job, long id)
    {
        JsonNode run = null!;
        await UntilAsync(async () => (run = await RunOfAsync(job, id))["finished"] is not null, $"the end of run {id} of {job}");
        return run;
    }

    /// <summary>The result of a run that succeeds, as JSON.</summary>
    public async Task<string> ResultAsync(string job, long id)
    {
        JsonNode run = await EndAsync(job, id);
        Assert.True((string)run["state"]! == "succeeded", run.ToJsonString());
        return run["result"]?.ToJsonString() ?? "null";
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
        if (Server is not null)
            await StopAsync();
        Ledger.Dispose();
        _folder.Dispose();
    }
}
