using System.Text.Json.Nodes;

namespace Functional.Tests.Settings;

/// <summary>An app made by a factory from the live settings: one for each configuration, built once in a process.</summary>
public class DynamicAppTests
{
    [Theory]
    [InlineData("")]
    [InlineData("start = \"spawn\"")]
    public async Task Each_configuration_is_built_once_in_a_process_however_many_wait(string start)
    {
        using var ledger = new Ledger();
        await using DynamicServer served = await DynamicServer.StartAsync(ledger, $"workers = 2\nthreads = 4\n{start}");
        Assert.Equal("hello", await served.GetAsync());

        // It takes a while to build: all these requests wait for it, in both workers.
        await served.PatchAsync("""{"greeting":"good day","seconds":0.5}""");
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => served.GetAsync()));

        Assert.All(answers, static answer => Assert.Equal("good day", answer));
        string[] builds = [.. ledger.Lines().Where(static line => line.StartsWith("build good day", StringComparison.Ordinal))];
        Assert.Equal(builds.Distinct(), builds);
        Assert.InRange(builds.Length, 1, 2);
        await Processes.UntilAsync(() => ledger.Lines().Count(static line => line.StartsWith("build good day", StringComparison.Ordinal)) == 2, "the other worker has built it unasked");

        // A configuration that was there before is not built again.
        int before = ledger.Lines().Length;
        await served.PatchAsync("""{"greeting":"hello","seconds":null}""");
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => served.GetAsync())), static answer => Assert.Equal("hello", answer));
        Assert.Equal(before, ledger.Lines().Length);
    }

    [Fact]
    public async Task A_configuration_that_cannot_be_built_leaves_the_last_good_app_and_is_told()
    {
        using var ledger = new Ledger();
        await using DynamicServer served = await DynamicServer.StartAsync(ledger, "workers = 2\nthreads = 2");
        await served.PatchAsync("""{"broken":true,"greeting":"bad"}""");
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => served.GetAsync())), static answer => Assert.Equal("hello", answer));
        await served.Server.WaitForOutputAsync(static line => line.Contains("the last good one serves on: RuntimeError: this configuration is broken", StringComparison.Ordinal));
        JsonNode error = JsonNode.Parse(await served.Control.GetStringAsync("/v1/apps/x"))!["last_error"]!;
        Assert.Contains("dynamic_app.py", (string)error["traceback"]!, StringComparison.Ordinal);

        await served.PatchAsync("""{"broken":null,"greeting":"well again"}""");
        Assert.Equal("well again", await served.GetAsync());
    }

    [Fact]
    public async Task Without_any_good_one_the_server_does_not_start()
    {
        using var ledger = new Ledger();
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => DynamicServer.StartAsync(ledger, "", "broken = true"));
        Assert.Contains("RuntimeError: this configuration is broken", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>dynamic_app.py with its control API.</summary>
    private sealed class DynamicServer : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public LannerServer Server { get; private set; } = null!;

        public HttpClient Control { get; private set; } = null!;

        public static async Task<DynamicServer> StartAsync(Ledger ledger, string lines, string more = "")
        {
            var served = new DynamicServer();
            try
            {
                await File.WriteAllTextAsync(served._folder.File("lanner.toml"),
                    $"[server]\nstate = \"state\"\n[app.x]\napp = \"dynamic_app:make\"\napp_factory = true\ndirectory = \"{Checkout.Apps}\"\npython = \"{LannerServer.DebianPython}\"\n{lines}\n[app.x.settings]\ngreeting = \"hello\"\n{more}\n");
                served.Server = await LannerServer.StartAsync(["--config", served._folder.File("lanner.toml")], ledger.Environment, python: "");
            }
            catch
            {
                served._folder.Dispose();
                throw;
            }
            served.Control = served.Server.OpenControl();
            return served;
        }

        public Task<string> GetAsync() => Server.Client.GetStringAsync("/");

        public async Task PatchAsync(string json)
        {
            using HttpResponseMessage answer = await Control.PatchAsync(new Uri("/v1/apps/x/settings", UriKind.Relative), new StringContent(json));
            answer.EnsureSuccessStatusCode();
        }

        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync();
            Control.Dispose();
            _folder.Dispose();
        }
    }
}
