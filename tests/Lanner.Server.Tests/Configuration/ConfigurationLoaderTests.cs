using Lanner.Server.Configuration;
using Lanner.Supervision;

namespace Lanner.Server.Tests.Configuration;

/// <summary>How APP, the options, the file and the environment come together.</summary>
public sealed class ConfigurationLoaderTests : IDisposable
{
    private readonly LoaderFixture _loader = new();

    [Fact]
    public void Load_OptionsAndFileOfOneApp_OptionsWin()
    {
        _loader.Home.Write("lanner.toml", "[server]\nbind = ':1'\n[app.shop]\napp = 'shop'\nworkers = 3\nenv = { A = 'file', B = 'file' }\n");

        var settings = _loader.Load("other:app", null, null, ("--workers", "5"), ("--env", "A=option"), ("--bind", "unix:x.sock"), ("--no-preload", "false")).Settings!;

        Assert.Equal($"unix:{_loader.Home.Path}/x.sock", Assert.Single(settings.Bind).ToString());
        var definition = Assert.Single(settings.Apps).Definition;
        Assert.Equal(("shop", "other:app", 5, false), (definition.Name, definition.App, definition.Workers, definition.Preload));
        Assert.Equal(("option", "file"), (definition.Environment["A"], definition.Environment["B"]));
    }

    [Fact]
    public void Load_OptionsAndSeveralApps_AreRefused()
    {
        _loader.Home.Write("lanner.toml", "[app.a]\napp = 'a'\n[app.b]\napp = 'b'\nmount = '/b'\n");

        var problems = _loader.Load("c", null, null, ("--threads", "2")).Problems.Select(problem => problem.ToString()).ToArray();

        Assert.Equal(2, problems.Length);
        Assert.Contains("leave APP out", problems[0], StringComparison.Ordinal);
        Assert.Equal("--threads: does not say which of the apps a, b it is for: set threads in the file", problems[1]);
    }

    [Fact]
    public void Load_PythonDirectoryAndEnvAndSeveralApps_AreForEachThatDoesNotSayOtherwise()
    {
        _loader.Home.WriteProgram("venv/bin/python3");
        _loader.Home.WriteProgram("deploy/own/bin/python3");
        _loader.Home.Write("deploy/code/readme", "");
        _loader.Home.Write("work/readme", "");
        _loader.Home.Write("deploy/lanner.toml", """
            [app.a]
            app = "a"
            [app.b]
            app = "b"
            mount = "/b"
            python = "own"
            directory = "code"
            env = { MODE = "file", ONLY = "file" }
            """);

        var settings = _loader.Load(null, "deploy/lanner.toml", "work", ("--python", "venv"), ("--env", "MODE=option"), ("--env", "MORE=option")).Settings!;

        var (a, b) = (settings.Apps[0].Definition, settings.Apps[1].Definition);
        Assert.Equal((At("venv/bin/python3"), At("work")), (a.Python, a.Directory));
        Assert.Equal((At("deploy/own/bin/python3"), At("deploy/code")), (b.Python, b.Directory));
        Assert.Equal([("MODE", "option"), ("MORE", "option")], Sorted(a.Environment));
        Assert.Equal([("MODE", "file"), ("MORE", "option"), ("ONLY", "file")], Sorted(b.Environment));
        Assert.Equal(["--directory", "--env", "--python"], settings.Origins.Where(origin => origin.Key.Scope == "a").Select(origin => origin.Value.Text).Where(text => text.StartsWith('-')).Order());
        Assert.Equal("deploy/lanner.toml:6", settings.Origins[("b", "python")].Text);

        string At(string path) => Path.Combine(_loader.Home.Path, path);
        static (string, string)[] Sorted(IReadOnlyDictionary<string, string> variables) => [.. variables.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value))];
    }

    [Fact]
    public void Load_WrongOptionForEveryApp_IsOneProblem()
    {
        _loader.Home.Write("lanner.toml", "[app.a]\napp = 'a'\n[app.b]\napp = 'b'\nmount = '/b'\n");

        Assert.Equal("--env: must be NAME=VALUE, not \"MODE\"", Assert.Single(_loader.Load(null, null, null, ("--env", "MODE")).Problems).ToString());
        Assert.StartsWith("--python: No Python found: ", Assert.Single(_loader.Load(null, null, null, ("--python", "./none")).Problems).ToString(), StringComparison.Ordinal);
        _loader.Home.Write("lanner.toml", "[app.a]\napp = 'a'\n");
        Assert.Single(_loader.Load(null, null, null, ("--env", "MODE")).Problems);
    }

    [Fact]
    public void Load_Name_IsThatOfApp()
    {
        _loader.Name = "till-2";

        Assert.Equal("till-2", Assert.Single(_loader.Load("shop.wsgi:application").Settings!.Apps).Definition.Name);
        _loader.Home.Write("lanner.toml", "[server]\nbind = ':1'\n[job.nightly]\napp = 'till-2'\ncall = 'shop:run'\nevery = '1h'\n");
        var settings = _loader.Load("shop.wsgi:application").Settings!;
        Assert.Equal("till-2", Assert.Single(settings.Apps).Definition.Name);
        Assert.Equal("till-2", Assert.Single(settings.Jobs).App);
    }

    [Theory]
    [InlineData("my shop", "")]
    [InlineData("", "")]
    [InlineData("a/b", "[app.shop]\napp = 'shop'\n")]
    public void Load_NameThatIsNone_IsRefused(string name, string file)
    {
        _loader.Home.Write("lanner.toml", file);
        _loader.Name = name;

        Assert.Equal($"--name: must be made of letters, digits, - and _, not \"{name}\"", Assert.Single(_loader.Load("shop").Problems).ToString());
    }

    [Fact]
    public void Load_NameBesideAppsOfTheFile_IsRefusedUnlessItIsTheSame()
    {
        _loader.Home.Write("lanner.toml", "[app.shop]\napp = 'shop'\n");
        _loader.Name = "till";

        Assert.Equal("--name: is for an app that only APP names, but the settings file has shop: leave --name out", Assert.Single(_loader.Load("other").Problems).ToString());
        _loader.Name = "shop";
        Assert.Equal("other", Assert.Single(_loader.Load("other").Settings!.Apps).Definition.App);
        _loader.Home.Write("lanner.toml", "[app.shop]\napp = 'shop'\n[app.blog]\napp = 'blog'\nmount = '/blog'\n");
        Assert.Equal("--name: is for an app that only APP names, but the settings file has shop, blog: leave --name out", Assert.Single(_loader.Load().Problems).ToString());
    }

    [Theory]
    [InlineData("shop.wsgi:application", "shop")]
    [InlineData("shop:create_app()", "shop")]
    [InlineData("src/shop.py", "shop")]
    [InlineData("hello/app.py:application", "hello")]
    [InlineData("paste:production.ini#main", "production")]
    public void Load_App_HasAName(string app, string name) =>
        Assert.Equal(name, Assert.Single(_loader.Load(app).Settings!.Apps).Definition.Name);

    [Theory]
    [InlineData("hello/wrld")]
    [InlineData("a b")]
    [InlineData("shop:")]
    [InlineData(":app")]
    public void Load_AppOfNoKnownForm_IsRefused(string app) => Assert.Single(_loader.Load(app).Problems);

    [Theory]
    [InlineData("samples/hello")]
    [InlineData("samples/hello/")]
    public void Load_DirectoryWithAppFile_TakesIt(string app)
    {
        _loader.Home.Write("samples/hello/wsgi.py", "");
        _loader.Home.Write("samples/hello/app.py", "");

        var definition = Assert.Single(_loader.Load(app).Settings!.Apps).Definition;

        Assert.Equal(("hello", "app.py", Path.Combine(_loader.Home.Path, "samples/hello")), (definition.Name, definition.App, definition.Directory));
    }

    [Fact]
    public void Load_DirectoryWithSettings_UsesThem()
    {
        _loader.Home.Write("samples/hello/lanner.toml", "[app.greeter]\napp = 'greet:app'\n");

        var definition = Assert.Single(_loader.Load("samples/hello", null, null, ("--workers", "7")).Settings!.Apps).Definition;

        Assert.Equal(("greeter", 7, Path.Combine(_loader.Home.Path, "samples/hello")), (definition.Name, definition.Workers, definition.Directory));
    }

    [Fact]
    public void Load_DirectoryWithNothing_SaysWhatIsMissing()
    {
        _loader.Home.Write("samples/hello/readme", "");

        Assert.Contains("holds no lanner.toml and no app.py, wsgi.py, main.py", Assert.Single(_loader.Load("samples/hello").Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_PackageNamedLikeTheApp_IsTheModule()
    {
        _loader.Home.Write("shop/__init__.py", "");
        _loader.Home.Write("shop/app.py", "");

        Assert.Equal("shop", Assert.Single(_loader.Load("shop").Settings!.Apps).Definition.App);
    }

    [Fact]
    public void Load_ConfigElsewhere_PathsAreRelativeToIt()
    {
        _loader.Home.Write("deploy/our.toml", "[server]\naccess_log = 'a.log'\n[app.shop]\napp = 'shop'\n");

        var settings = _loader.Load(file: "deploy/our.toml").Settings!;

        Assert.Equal(Path.Combine(_loader.Home.Path, "deploy/a.log"), settings.AccessLog);
        Assert.Equal(Path.Combine(_loader.Home.Path, "deploy"), settings.Apps[0].Definition.Directory);
    }

    [Fact]
    public void Load_DirectoryOption_FindsTheFileAndBeatsOnlyTheDefault()
    {
        _loader.Home.Write("project/src/readme", "");
        _loader.Home.Write("project/lanner.toml", "[app.shop]\napp = 'shop'\ndirectory = 'src'\n");

        Assert.Equal(Path.Combine(_loader.Home.Path, "project/src"), _loader.Load(directory: "project").Settings!.Apps[0].Definition.Directory);
        Assert.Equal(Path.Combine(_loader.Home.Path, "bin"),
            _loader.Load(file: "project/lanner.toml", directory: "bin").Settings!.Apps[0].Definition.Directory);
    }

    [Fact]
    public void Load_NothingAtAll_SaysHowToBegin() =>
        Assert.StartsWith("there is no app", Assert.Single(_loader.Load().Problems).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_ConfigThatIsNotThere_IsOneProblem() =>
        Assert.Equal("none.toml: there is no such file", Assert.Single(_loader.Load("shop", file: "none.toml").Problems).ToString());

    [Fact]
    public void Load_AuditLog_IsInTheStateDirectory()
    {
        Assert.Equal($"{_loader.Home.Path}/.lanner/audit.log", _loader.Load("shop").Settings!.AuditLog);
        _loader.Environment["STATE_DIRECTORY"] = "/var/lib/lanner:/var/lib/more";
        Assert.Equal("/var/lib/lanner/audit.log", _loader.Load("shop").Settings!.AuditLog);
    }

    [Fact]
    public void Load_ControlFromTheEnvironment_BeatsTheDefaultOnly()
    {
        _loader.Environment["LANNER_CONTROL"] = "unix:other.sock";

        Assert.Equal($"unix:{_loader.Home.Path}/other.sock", _loader.Load("shop").Settings!.Control);
        _loader.Environment["LANNER_CONTROL_TOKEN"] = "secret";
        Assert.Equal("localhost:1", _loader.Load("shop", null, null, ("--control", "localhost:1")).Settings!.Control);
    }

    [Theory]
    [InlineData("4711", "2", "fd:3 fd:4")]
    [InlineData("4711", "1", "fd:3")]
    [InlineData("4711", "0", "127.0.0.1:8000")]
    [InlineData("4711", null, "127.0.0.1:8000")]
    [InlineData("4712", "2", "127.0.0.1:8000")]
    [InlineData("4712", "two", "127.0.0.1:8000")]
    [InlineData("", "2", "127.0.0.1:8000")]
    [InlineData(null, "2", "127.0.0.1:8000")]
    public void Load_PassedSockets_AreTheDefaultOfTheirProcess(string? processId, string? count, string bind)
    {
        Pass(processId, count);

        Assert.Equal(bind.Split(' '), _loader.Load("shop").Settings!.Bind.Select(address => address.ToString()));
    }

    [Fact]
    public void Load_PassedSocketsAndBind_BindCounts()
    {
        Pass("4711", "2");

        Assert.Equal("*:1", Assert.Single(_loader.Load("shop", null, null, ("--bind", ":1")).Settings!.Bind).ToString());
        Assert.Equal("*:2", Assert.Single(_loader.Settings("[server]\nbind = ':2'\n[app.shop]\napp = 'shop'\n").Bind).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("two")]
    [InlineData("-1")]
    [InlineData("1025")]
    [InlineData("99999999999")]
    public void Load_PassedSocketsOfNoNumber_AreRefusedUnlessBindIsGiven(string count)
    {
        Pass("4711", count);

        Assert.Equal(
            $"$LISTEN_FDS: must be the number of the sockets that the service manager passes, from 0 to 1024, not \"{count}\"",
            Assert.Single(_loader.Load("shop").Problems).ToString());
        Assert.NotNull(_loader.Load("shop", null, null, ("--bind", ":1")).Settings);
    }

    [Fact]
    public void Load_ControlOnTcpWithoutToken_IsRefused()
    {
        Problem problem = Assert.Single(_loader.Load("shop", null, null, ("--control", "127.0.0.1:8001")).Problems);

        Assert.StartsWith("--control: ", problem.ToString(), StringComparison.Ordinal);
        Assert.Contains("control_token", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ControlToken_IsTakenFromTheEnvironment()
    {
        _loader.Environment["LANNER_CONTROL_TOKEN"] = "secret";

        Assert.Equal("secret", _loader.Load("shop", null, null, ("--control", "127.0.0.1:8001")).Settings!.ControlToken);
    }

    [Fact]
    public void Load_SettingsOfSupervision_AreRead()
    {
        _loader.Home.Write("lanner.toml", """
            [server]
            health = "/-/"
            drain_delay = "5s"
            [app.shop]
            app = "shop"
            mount = ["/shop", "shop.example.com/"]
            workers = { min = 2, max = 12 }
            start = "lazy"
            idle_stop = "1m"
            warmup = ["/shop/list?page=1", "shop.example.com/start"]
            request_timeout = { default = "20s", "/shop/reports/" = "none" }
            max_requests = 1000
            max_memory = "512MB"
            max_lifetime = "1h"
            limits = { nofile = 4096, as = "2GB", nice = 5 }
            fork = { on_shared = "refuse" }
            """);

        ServerSettings settings = _loader.Load().Settings!;
        AppDefinition app = settings.Apps[0].Definition;

        Assert.Equal(("/-", TimeSpan.FromSeconds(5)), (settings.Health, settings.DrainDelay!.Value));
        Assert.Equal((2, 12, true, TimeSpan.FromMinutes(1)), (app.Workers, app.MostWorkers, app.Lazy, app.IdleStop!.Value));
        Assert.Equal([new WarmupRequest("localhost", "/shop/list?page=1", "/shop"), new WarmupRequest("shop.example.com", "/start", "")], app.Warmup);
        Assert.Equal(TimeSpan.FromSeconds(20), app.RequestTimeouts.For("/shop/reports"));
        Assert.Equal(Timeout.InfiniteTimeSpan, app.RequestTimeouts.For("/shop/reports/7"));
        Assert.Equal((1000, 512L << 20, TimeSpan.FromHours(1)), (app.MaxRequests, app.MaxMemory!.Value, app.MaxLifetime!.Value));
        Assert.Equal(new ProcessLimits { OpenFiles = 4096, AddressSpace = 2L << 30, Nice = 5 }, app.Limits);
        Assert.Equal(OnShared.Refuse, app.OnShared);
    }

    [Theory]
    [InlineData("workers = { min = 3, max = 2 }", "lanner.toml:3:11: workers has a min of 3, which is more than its max of 2")]
    [InlineData("workers = { max = 0 }", "lanner.toml:3:11: workers has a max that must be a whole number from 1 to 1024, not 0")]
    [InlineData("request_timeout = { reports = \"5s\" }", "lanner.toml:3:19: request_timeout must be a duration such as \"30s\", \"none\", or a table such as { default = \"30s\", \"/reports/\" = \"5m\" }, but holds the key 'reports': a path prefix begins with a slash")]
    [InlineData("limits = { nofiles = 4096 }", "lanner.toml:3:10: limits holds the unknown key 'nofiles': did you mean 'nofile'?")]
    [InlineData("fork = { onshared = \"warn\" }", "lanner.toml:3:8: fork holds the unknown key 'onshared': did you mean 'on_shared'?")]
    [InlineData("fork = { on_shared = \"warm\" }", "lanner.toml:3:8: fork has a key on_shared that must be one of \"sever\", \"warn\", \"refuse\", not \"warm\": did you mean \"warn\"?")]
    [InlineData("mount = \"/a\"\nwarmup = \"/b\"", "lanner.toml:4:10: warmup names /b, which is under no mount of the app shop (/a)")]
    public void Load_WrongSettingOfSupervision_IsToldWithItsLine(string line, string problem)
    {
        _loader.Home.Write("lanner.toml", $"[app.shop]\napp = \"shop\"\n{line}\n");

        Assert.Equal(problem, Assert.Single(_loader.Load().Problems).ToString());
    }

    [Fact]
    public void Load_OptionGivenTwice_IsRefused() =>
        Assert.Equal("--workers: may be given only once", Assert.Single(_loader.Load("shop", null, null, ("--workers", "1"), ("--workers", "2")).Problems).ToString());

    public void Dispose() => _loader.Dispose();

    private void Pass(string? processId, string? count)
    {
        if (processId is not null) _loader.Environment["LISTEN_PID"] = processId;
        if (count is not null) _loader.Environment["LISTEN_FDS"] = count;
        _loader.Environment["LISTEN_FDNAMES"] = "a:b";
    }
}
