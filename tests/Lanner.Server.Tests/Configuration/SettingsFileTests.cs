using System.Net;
using Lanner.Server.Configuration;
using Lanner.Supervision;
using Microsoft.Extensions.Logging;

namespace Lanner.Server.Tests.Configuration;

/// <summary>What the file says, and what is said of a wrong one.</summary>
public sealed class SettingsFileTests : IDisposable
{
    private readonly LoaderFixture _loader = new();

    [Fact]
    public void Load_EveryKey_ReachesItsProperty()
    {
        _loader.Home.WriteCertificate();
        var settings = _loader.Settings("""
            [server]
            bind = ["127.0.0.1:0", "[::1]:8000", "unix:web.sock", "fd:3"]
            control = "127.0.0.1:8001"
            control_token = "secret"
            access_log = "access.log"
            log_format = "json"
            log_level = "debug"
            tls_certificate = "cert.pem"
            tls_key = "key.pem"
            trusted_proxies = ["10.0.0.0/8", "192.0.2.1"]
            body_memory = "128KB"
            max_body = "1GiB"
            body_timeout = "250ms"
            response_memory = 4096
            response_spool = "2 MB"
            spool_directory = "."
            max_request_line = "8KB"
            max_header_bytes = 32768
            max_headers = 50
            keep_alive_timeout = 5
            header_timeout = "1m"

            [app.shop]
            app = "shop.wsgi:application"
            mount = ["/", "Shop.Example.com/api/"]
            workers = 6
            threads = 15
            start = "spawn"
            preload = false
            interface = "asgi"
            directory = "."
            python = "bin/python3"
            env = { MODE = "test" }
            queue = 10
            queue_timeout = 1.5
            boot_timeout = "1h"
            drain_timeout = "10s"
            """);

        Assert.Equal(["127.0.0.1:0", "[::1]:8000", $"unix:{_loader.Home.Path}/web.sock", "fd:3"], settings.Bind.Select(bind => bind.ToString()));
        Assert.Equal(IPAddress.IPv6Loopback, ((TcpBindAddress)settings.Bind[1]).Address);
        Assert.Equal("127.0.0.1:8001", settings.Control);
        Assert.Equal(Path.Combine(_loader.Home.Path, "access.log"), settings.AccessLog);
        Assert.Equal((LogFormat.Json, LogLevel.Debug), (settings.LogFormat, settings.LogLevel));
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("192.0.2.1/32")], settings.Gateway.TrustedProxies);
        Assert.False(settings.Gateway.TrustUnixPeers);
        Assert.Equal((131072, 1L << 30, 4096, 2L << 20), (settings.Gateway.BodyMemory, settings.Gateway.MaxBody, settings.Gateway.ResponseMemory, settings.Gateway.ResponseSpool));
        Assert.Equal(TimeSpan.FromMilliseconds(250), settings.Gateway.BodyTimeout);
        Assert.Equal(_loader.Home.Path, settings.Gateway.SpoolDirectory);
        Assert.Equal((8192, 32768, 50), (settings.MaxRequestLine, settings.MaxHeaderBytes, settings.MaxHeaders));
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1)), (settings.KeepAliveTimeout, settings.HeaderTimeout));
        var app = Assert.Single(settings.Apps);
        Assert.Equal(["/", "shop.example.com/api"], app.Mounts.Select(mount => mount.ToString()));
        var definition = app.Definition;
        Assert.Equal(("shop", "shop.wsgi:application", 6, 15), (definition.Name, definition.App, definition.Workers, definition.Threads));
        Assert.Equal((StartMethod.Spawn, false, AppInterface.Asgi), (definition.Start, definition.Preload, definition.Interface));
        Assert.Equal((_loader.Home.Path, _loader.Python), (definition.Directory, definition.Python));
        Assert.Equal("test", definition.Environment["MODE"]);
        Assert.Equal((10, TimeSpan.FromSeconds(1.5), TimeSpan.FromHours(1), TimeSpan.FromSeconds(10)),
            (definition.Queue, definition.QueueTimeout, definition.BootTimeout, definition.DrainTimeout));
    }

    [Fact]
    public void Load_NothingButAnApp_HasTheDefaults()
    {
        var settings = _loader.Settings("[app.shop]\napp = \"shop\"\n");

        Assert.Equal("127.0.0.1:8000", Assert.Single(settings.Bind).ToString());
        Assert.Equal($"unix:{_loader.Home.Path}/.lanner/control.sock", settings.Control);
        Assert.Equal(("off", null), (settings.AccessLog, settings.Gateway.MaxBody));
        var app = Assert.Single(settings.Apps);
        Assert.Equal("/", Assert.Single(app.Mounts).ToString());
        Assert.Equal((Math.Min(Environment.ProcessorCount, 8), 8), (app.Definition.Workers, app.Definition.Threads));
        Assert.Equal((_loader.Python, _loader.Home.Path), (app.Definition.Python, app.Definition.Directory));
    }

    [Fact]
    public void Load_PyprojectWithoutLannerToml_IsUsed()
    {
        _loader.Home.Write("pyproject.toml", "[project]\nname = 'x'\n[tool.lanner.server]\nbind = ':9000'\n[tool.lanner.app.shop]\napp = 'shop'\n");

        var settings = _loader.Load().Settings!;

        Assert.Equal("*:9000", Assert.Single(settings.Bind).ToString());
    }

    [Fact]
    public void Load_ManyMistakes_AreToldAtOnceWithTheirLines()
    {
        var problems = _loader.Problems("""
            [server]
            bindd = "127.0.0.1:8000"
            body_memory = "64 XB"
            log_level = "inof"
            state = "http://127.0.0.1:4222"
            workers = 3
            tls_key = "lanner.toml"

            [app.shop]
            app = "shop"
            workers = 0
            thread = 4
            settings = { since = 2026-01-01 }

            [app.blog]
            mount = "/"
            workers = { min = 1, max = 2 }
            env = { A = 1 }

            [job.nightly]
            """);

        Assert.Collection(problems,
            problem => Assert.Equal("lanner.toml:2:1: unknown key 'bindd': did you mean 'bind'?", problem),
            problem => Assert.StartsWith("lanner.toml:3:15: body_memory must be a size", problem, StringComparison.Ordinal),
            problem => Assert.Equal("lanner.toml:4:13: log_level must be one of \"trace\", \"debug\", \"info\", \"warning\", \"error\", \"critical\", not \"inof\": did you mean \"info\"?", problem),
            problem => Assert.StartsWith("lanner.toml:5:9: state is wrong: this is not the address of a NATS server: the form is nats://HOST:PORT", problem, StringComparison.Ordinal),
            problem => Assert.Equal("lanner.toml:6:1: the key 'workers' belongs in [app.NAME]", problem),
            problem => Assert.Equal("lanner.toml:7:11: tls_key is given without tls_certificate: give both", problem),
            problem => Assert.Equal("lanner.toml:11:11: workers must be a whole number from 1 to 1024, not 0", problem),
            problem => Assert.Equal("lanner.toml:12:1: unknown key 'thread': did you mean 'threads'?", problem),
            problem => Assert.Equal("lanner.toml:13:12: settings may hold what JSON can, but since (line 13) is a date: write it as a text in quotes", problem),
            problem => Assert.StartsWith("lanner.toml:15:6: the app blog has no key app", problem, StringComparison.Ordinal),
            problem => Assert.StartsWith("lanner.toml:16:9: the apps shop (lanner.toml:9) and blog both have the mount \"/\"", problem, StringComparison.Ordinal),
            problem => Assert.Equal("lanner.toml:18:7: env must be a table of texts such as { MODE = \"production\" }, but A is 1: put it in quotes", problem),
            problem => Assert.Equal("lanner.toml:20:6: the job nightly does not say which of the apps shop, blog it is for: add app", problem),
            problem => Assert.StartsWith("lanner.toml:20:6: call of the job \"nightly\": it is missing", problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Load_MistakesOfSyntaxAndOfSettings_AreToldAtOnce() => Assert.Equal(
        [
            "lanner.toml:2:8: the text is not closed: put a quote at its end",
            "lanner.toml:3:1: unknown key 'bindd': did you mean 'bind'?",
            "lanner.toml:4:13: 'debug' is not a value: put quotes around text",
            "lanner.toml:6:10: expected ] after the table's name, found the end of the line (quote a key with other characters than letters, digits, - and _)",
            "lanner.toml:8:11: 'many' is not a value: put quotes around text",
            "lanner.toml:10:11: workers must be a whole number from 1 to 1024, not 0",
            "lanner.toml:12:9: every must be a duration such as \"5m\", not true",
        ],
        // The keys of [app.shop] belong to no table that is known; what is missing of the app blog is said when the file can be read.
        _loader.Problems("""
            [server]
            bind = "127.0.0.1:8000
            bindd = 1
            log_level = debug

            [app.shop
            threadss = 1
            workers = many
            [app.blog]
            workers = 0
            [job.x]
            every = true
            """));

    [Fact]
    public void Load_BrokenPyproject_IsReportedInFull()
    {
        _loader.Home.Write("pyproject.toml", "[project]\nname = x\n[tool.lanner.server]\nbindd = ':9000'\nlog_level = 'x\n[tool.ruff]\nselect = ['A' 'B']\n");

        Assert.Equal(
            ["pyproject.toml:2:8", "pyproject.toml:4:1", "pyproject.toml:5:13", "pyproject.toml:7:15"],
            _loader.Load().Problems.Select(problem => string.Join(':', problem.ToString().Split(':')[..3])));
    }

    [Fact]
    public void Load_DeepSettings_AreRefusedBeyondWhatJsonHolds()
    {
        Assert.Equal(62, Depth(_loader.Settings(Nested(61)).Apps[0].Settings.First.ToJsonString()));
        Assert.Equal("lanner.toml:4:66: values are nested deeper than 64 levels", Assert.Single(_loader.Problems(Nested(62))));

        static string Nested(int levels) => $"[app.shop]\napp = 'shop'\n[app.shop.settings]\na = {new string('[', levels)}{new string(']', levels)}\n";
        static int Depth(string json) => json.Count(static c => c is '[' or '{');
    }

    [Fact]
    public void Load_WrongKeyOfAJob_PointsAtTheKey() =>
        Assert.Contains(_loader.Problems("[app.shop]\napp = 'shop'\n[job.x]\ncall = 'shop:x'\ncron = '61 * * * *'\n"),
            problem => problem.StartsWith("lanner.toml:5:8: cron of the job \"x\": ", StringComparison.Ordinal));

    [Theory]
    [InlineData("[server]\nbind = ['127.0.0.1:80', '127.0.0.1:80']", "lanner.toml:2:8: bind holds 127.0.0.1:80 twice")]
    [InlineData("[server]\nbind = '8000'", "write \"127.0.0.1:8000\"")]
    [InlineData("[server]\nbind = 'http://x:80'", "without a scheme")]
    [InlineData("[server]\nbind = '127.0.0.1:65536'", "ports end at 65535")]
    [InlineData("[server]\nbind = 'fd:1'", "standard")]
    [InlineData("[server]\nbind = []", "empty list")]
    [InlineData("[server]\nbind = [1]", "must be an address")]
    [InlineData("[server]\ntrusted_proxies = '10.0.0/8/1'", "a list of networks")]
    [InlineData("[server]\nkeep_alive_timeout = 0", "above 0")]
    [InlineData("[server]\ntls_certificate = 'none.pem'", "does not exist")]
    [InlineData("[server]\naccess_log = 'no/where.log'", "create it")]
    [InlineData("[server]\nbind = 'unix:a.sock'\ncontrol = 'unix:a.sock'", "control and bind are both")]
    [InlineData("server = 1", "[server]")]
    [InlineData("[app]\nshop = 'shop'", "[app.NAME]")]
    [InlineData("[app.'my shop']\napp = 'shop'", "letters, digits")]
    [InlineData("[app.shop]\napp = 'shop'\nmount = 'shop.example.com'", "write \"shop.example.com/\" for a host")]
    [InlineData("[app.shop]\napp = 'shop'\nmount = ['/a', '/a/']", "mount \"/a\" twice")]
    [InlineData("[app.shop]\napp = 'shop'\nmount = '/a/../b'", "segments")]
    [InlineData("[app.shop]\napp = 'shop'\nmount = '/größe'", "ASCII characters")]
    [InlineData("[app.shop]\napp = 'shop'\nmount = '/a%20b'", "without a percent sign")]
    [InlineData("[app.shop]\napp = 'shop wsgi'", "names no app")]
    [InlineData("[app.shop]\napp = 'shop'\ndirectory = 'nowhere'", "no directory")]
    [InlineData("[app.shop]\napp = 'shop'\npython = 'bin'", "no virtual environment")]
    [InlineData("[serverr]", "did you mean 'server'?")]
    [InlineData("bind = ':80'", "belongs in [server]")]
    [InlineData("[server\n", "lanner.toml:1:8: expected ]")]
    public void Load_Mistake_SaysWhatAndHow(string toml, string part) =>
        Assert.Contains(_loader.Problems(toml), problem => problem.Contains(part, StringComparison.Ordinal));

    public void Dispose() => _loader.Dispose();
}
