using System.Text.Json.Nodes;
using Lanner.Server.Configuration;
using Lanner.Server.Peers;
using Lanner.Server.Peers.Gunicorn;
using Microsoft.Extensions.Logging;

namespace Lanner.Server.Tests.Peers;

/// <summary>Gunicorn's settings, as Python has read them, become Lanner's.</summary>
public sealed class GunicornMappingTests : IDisposable
{
    private readonly TemporaryDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void Map_NothingGiven_KeepsGunicornsProcessesAndLannersRest()
    {
        var (settings, warnings) = Load(new JsonObject());

        var app = Assert.Single(settings.Apps).Definition;
        Assert.Equal(("shop", "shop:app", 1, 1, false), (app.Name, app.App, app.Workers, app.Threads, app.Preload));
        Assert.Equal(_home.Path, app.Directory);
        Assert.Equal((30, 30), (app.RequestTimeouts.Otherwise!.Value.TotalSeconds, app.DrainTimeout.TotalSeconds));
        Assert.Equal("127.0.0.1:8000", Assert.Single(settings.Bind).ToString());
        Assert.Equal(("off", LogLevel.Information, 75), (settings.AccessLog, settings.LogLevel, settings.KeepAliveTimeout.TotalSeconds));
        Assert.Equal(("127.0.0.1/32", true), (Assert.Single(settings.Gateway.TrustedProxies).ToString(), settings.Gateway.TrustUnixPeers));
        Assert.Empty(warnings);
    }

    [Fact]
    public void Map_WhatHasAnEqual_IsTaken()
    {
        _home.WriteCertificate();
        Directory.CreateDirectory(Path.Combine(_home.Path, "spool"));

        var (settings, warnings) = Load(new JsonObject
        {
            ["workers"] = 3,
            ["threads"] = 15,
            ["worker_class"] = "gthread",
            ["preload_app"] = true,
            ["reload"] = true,
            ["raw_env"] = new JsonArray("A=1", "B=x=\"y\"", "A=2"),
            ["graceful_timeout"] = 7,
            ["keepalive"] = 5,
            ["max_requests"] = 1000,
            ["limit_request_line"] = 0,
            ["limit_request_fields"] = 50,
            ["limit_request_field_size"] = 1000,
            ["forwarded_allow_ips"] = new JsonArray("*"),
            ["accesslog"] = "-",
            ["loglevel"] = "WARNING",
            ["certfile"] = "cert.pem",
            ["keyfile"] = "key.pem",
            ["proc_name"] = "the shop",
            ["tmp_upload_dir"] = "spool",
        });

        Assert.Empty(warnings);
        var app = Assert.Single(settings.Apps).Definition;
        Assert.Equal(("the-shop", 3, 15, true), (app.Name, app.Workers, app.Threads, app.Preload));
        Assert.Equal(("2", "x=\"y\""), (app.Environment["A"], app.Environment["B"]));
        Assert.Equal((7, 1000), (app.DrainTimeout.TotalSeconds, app.MaxRequests));
        Assert.Equal((5, 1024 * 1024, 50, 50_000), (settings.KeepAliveTimeout.TotalSeconds, settings.MaxRequestLine, settings.MaxHeaders, settings.MaxHeaderBytes));
        Assert.Equal((true, "-", LogLevel.Warning), (settings.Watch, settings.AccessLog, settings.LogLevel));
        Assert.Equal(["0.0.0.0/0", "::/0"], settings.Gateway.TrustedProxies.Select(network => network.ToString()));
        Assert.Equal((_home.Path + "/cert.pem", _home.Path + "/key.pem"), (settings.TlsCertificate, settings.TlsKey));
        Assert.Equal(_home.Path + "/spool", settings.Gateway.SpoolDirectory);
    }

    [Theory]
    [InlineData("sync", 1, 5, 5d, 0)]
    [InlineData("sync", 1, 0, null, 0)]
    [InlineData("gthread", 4, 5, 5d, 1)]
    [InlineData("gthread", 4, 0, null, 0)]
    [InlineData("sync", 4, 5, 5d, 1)]
    public void Map_Timeout_BoundsRequests(string worker, int threads, int timeout, double? expected, int warned)
    {
        var (settings, warnings) = Load(new JsonObject { ["worker_class"] = worker, ["threads"] = threads, ["timeout"] = timeout });

        Assert.Equal(expected, Assert.Single(settings.Apps).Definition.RequestTimeouts.Otherwise?.TotalSeconds);
        Assert.Equal(warned, warnings.Count(warning => warning.StartsWith("timeout (configuration file): no request may", StringComparison.Ordinal)));
    }

    [Fact]
    public void Map_ThreadsWithoutTimeout_KeepLannersOwn()
    {
        var (settings, _) = Load(new JsonObject { ["threads"] = 4 });

        Assert.Equal(60, Assert.Single(settings.Apps).Definition.RequestTimeouts.Otherwise!.Value.TotalSeconds);
    }

    [Theory]
    [InlineData("gevent", 1, 1000, 64)]
    [InlineData("gevent", 1, 20, 20)]
    [InlineData("eventlet", 30, 1000, 30)]
    [InlineData("tornado", 1, 1000, 64)]
    [InlineData("gunicorn.workers.ggevent.GeventWorker", 1, 1000, 64)]
    public void Map_Greenlets_BecomeThreads(string worker, int threads, int connections, int expected)
    {
        var (settings, warnings) = Load(new JsonObject { ["worker_class"] = worker, ["threads"] = threads, ["worker_connections"] = connections });

        Assert.Equal(expected, Assert.Single(settings.Apps).Definition.Threads);
        Assert.Contains($"requests run in {expected} threads of each worker", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("daemon", "true", "daemon (configuration file): Lanner stays in the foreground")]
    [InlineData("proxy_protocol", "true", "proxy_protocol (configuration file): the PROXY protocol is not understood")]
    [InlineData("cert_reqs", "2", "cert_reqs (configuration file): client certificates are not asked for")]
    [InlineData("worker_class", "\"uvicorn.workers.UvicornWorker\"", "worker_class (configuration file): uvicorn.workers.UvicornWorker serves ASGI apps")]
    [InlineData("raw_env", "[\"A\"]", "raw_env (configuration file): \"A\" is no NAME=VALUE")]
    public void Map_WhatCannotWork_IsRefused(string name, string value, string problem)
    {
        var refusal = Assert.Throws<PeerRefusal>(() => Load(new JsonObject { [name] = JsonNode.Parse(value) }));

        Assert.StartsWith(problem, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("statsd_host", "\"localhost:8125\"")]
    [InlineData("backlog", "64")]
    [InlineData("reuse_port", "true")]
    [InlineData("reload_extra_files", "[\"a\"]")]
    [InlineData("syslog", "true")]
    [InlineData("logger_class", "\"shop.Logger\"")]
    [InlineData("secure_scheme_headers", "{\"X-SSL\": \"on\"}")]
    [InlineData("max_requests_jitter", "5")]
    [InlineData("keepalive", "0")]
    public void Map_WhatHasNoEqual_IsToldOnce(string name, string value)
    {
        var (_, warnings) = Load(new JsonObject { [name] = JsonNode.Parse(value), ["max_requests"] = 10 });

        Assert.StartsWith($"{name} (configuration file): ", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Map_NoApp_SaysSo()
    {
        var answer = Answer(new JsonObject());
        answer["app"] = null;

        var refusal = Assert.Throws<PeerRefusal>(() => GunicornMapping.Map(GunicornConfiguration.Parse(answer.ToJsonString()), false));

        Assert.StartsWith("there is no app", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Map_Paste_IsTheApp()
    {
        var (settings, _) = Load(new JsonObject { ["paste"] = "/srv/production.ini#wiki" });

        Assert.Equal("paste:/srv/production.ini#wiki", Assert.Single(settings.Apps).Definition.App);
    }

    [Fact]
    public void Map_PassedSockets_BeatBind()
    {
        var (settings, _, _) = GunicornMapping.Map(GunicornConfiguration.Parse(Answer(new JsonObject()).ToJsonString()), hasPassedSockets: true);

        Assert.DoesNotContain("bind", settings.ToToml(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AWrongValue_IsNamedAsGunicornNamesIt()
    {
        var answer = Answer(new JsonObject { ["certfile"] = "missing.pem" });
        var (settings, directory, _) = GunicornMapping.Map(GunicornConfiguration.Parse(answer.ToJsonString()), false);

        var problem = Assert.Single(Loaded(settings, directory).Problems);

        Assert.Equal($"certfile (configuration file): tls_certificate names {_home.Path}/missing.pem, which does not exist", problem.ToString());
    }

    [Fact]
    public void Parse_AProblem_IsARefusal()
    {
        var refusal = Assert.Throws<PeerRefusal>(() => GunicornConfiguration.Parse("""{"problem": "no", "traceback": "line 1"}"""));

        Assert.Equal(("no", "line 1"), (refusal.Message, refusal.Traceback));
    }

    [Fact]
    public void PidFile_OfAServerThatRuns_IsRefused_AndOfOneThatEnded_Replaced()
    {
        string path = _home.Write("pid", "1\n");
        Assert.Throws<IOException>(() => PidFile.Create(path));
        File.WriteAllText(path, "999999999\n");

        using (PidFile.Create(path))
            Assert.Equal(Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), File.ReadAllText(path).Trim());

        Assert.False(File.Exists(path));
    }

    private (ServerSettings Settings, IReadOnlyList<string> Warnings) Load(JsonObject given)
    {
        var (settings, directory, warnings) = GunicornMapping.Map(GunicornConfiguration.Parse(Answer(given).ToJsonString()), false);
        var result = Loaded(settings, directory);
        Assert.Empty(result.Problems);
        return (result.Settings!, warnings);
    }

    private ConfigurationResult Loaded(EquivalentSettings settings, string directory)
    {
        _home.WriteProgram("bin/python3");
        return ConfigurationLoader.Load(new ConfigurationSources
        {
            Settings = settings.ToFile(directory),
            CurrentDirectory = _home.Path,
            Environment = name => name == "PATH" ? Path.Combine(_home.Path, "bin") : null,
        });
    }

    /// <summary>What Python says when the configuration file holds these settings.</summary>
    private JsonObject Answer(JsonObject given)
    {
        var settings = new JsonObject
        {
            ["workers"] = 1,
            ["threads"] = 1,
            ["worker_class"] = "sync",
            ["worker_connections"] = 1000,
            ["timeout"] = 30,
            ["graceful_timeout"] = 30,
            ["keepalive"] = 2,
            ["limit_request_fields"] = 100,
            ["chdir"] = _home.Path,
            ["forwarded_allow_ips"] = new JsonArray("127.0.0.1"),
            ["loglevel"] = "info",
            ["errorlog"] = "-",
        };
        var origins = new JsonObject();
        foreach (var (name, value) in given)
        {
            settings[name] = value?.DeepClone();
            origins[name] = "configuration file";
        }
        return new JsonObject
        {
            ["app"] = "shop:app",
            ["settings"] = settings,
            ["given"] = origins,
            ["hooks"] = new JsonArray(),
            ["addresses"] = new JsonArray("127.0.0.1:8000"),
        };
    }
}
