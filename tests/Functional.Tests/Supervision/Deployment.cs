namespace Functional.Tests.Supervision;

/// <summary>A directory with a copy of deployed_app.py that a test changes as a deploy does, and a ledger.</summary>
internal sealed class Deployment : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Ledger _ledger = new();

    public Deployment(string version = "one")
    {
        File.Copy(System.IO.Path.Combine(Checkout.Apps, "deployed_app.py"), Path("deployed_app.py"));
        Write("version", version);
    }

    public Ledger Ledger => _ledger;

    public string Path(string name) => _folder.File(name);

    public void Write(string name, string text) => File.WriteAllText(Path(name), text);

    public void Remove(string name) => File.Delete(Path(name));

    /// <summary>Serves it; settings are lines of [app.x], server settings lines of [server].</summary>
    public Task<LannerServer> StartAsync(string settings = "", string server = "", params string[] arguments) => StartWithAsync(settings, server, "", arguments);

    /// <summary>The same, with more apps.</summary>
    public Task<LannerServer> StartWithAsync(string settings, string server, string more, params string[] arguments)
    {
        Configure(settings, server, more);
        return LannerServer.StartAsync(["--config", Path("lanner.toml"), .. arguments], Environment, python: "");
    }

    public void Configure(string settings, string server = "", string more = "") =>
        Write("lanner.toml", $"[server]\n{server}\n[app.x]\napp = \"deployed_app\"\ndirectory = \"{_folder.Path}\"\npython = \"{LannerServer.DebianPython}\"\n{settings}\n{more}\n");

    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>(_ledger.Environment)
    {
        ["PYTHONPATH"] = Checkout.Apps,
        // Files change faster than their times tell.
        ["PYTHONDONTWRITEBYTECODE"] = "1",
    };

    public void Dispose()
    {
        _ledger.Dispose();
        _folder.Dispose();
    }
}
