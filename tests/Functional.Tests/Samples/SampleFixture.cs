using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;

namespace Functional.Tests.Samples;

/// <summary>A sample served as its README says, by 2 workers × 8 threads, its data in a directory of the test's own.</summary>
public abstract partial class SampleFixture(string name, params string[] arguments) : IAsyncLifetime
{
    internal LannerServer Server { get; private set; } = null!;

    internal TemporaryFolder Folder { get; } = new();

    protected abstract IReadOnlyDictionary<string, string> Environment { get; }

    public async Task InitializeAsync()
    {
        await PrepareAsync();
        Server = await LannerServer.StartAsync([.. arguments.Length > 0 ? arguments : [Checkout.Sample(name)], "--workers", "2", "--threads", "8"], Environment);
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        Folder.Dispose();
    }

    /// <summary>A browser: follows no redirects, keeps cookies.</summary>
    internal HttpClient Browser() => new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() })
    {
        BaseAddress = Server.Address,
        Timeout = LannerServer.Patience,
    };

    /// <summary>Django's token in a form.</summary>
    internal static string Csrf(string page) => CsrfField().Match(page).Groups[1].Value;

    internal static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) =>
        new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    protected virtual Task PrepareAsync() => Task.CompletedTask;

    protected async Task RunPythonAsync(params string[] command)
    {
        var start = new ProcessStartInfo(LannerServer.DebianPython, command) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string key, string value) in Environment)
            start.Environment[key] = value;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
    }

    [GeneratedRegex("name=\"csrfmiddlewaretoken\" value=\"([^\"]+)\"")]
    private static partial Regex CsrfField();
}
