using Lanner.Server.Configuration;

namespace Lanner.Server.Tests.Configuration;

/// <summary>What [server:main] beside an app by Paste Deploy says, and who goes before it.</summary>
public sealed class PasteServerTests : IDisposable
{
    private readonly LoaderFixture _loader = new();

    [Theory]
    [InlineData("listen = 127.0.0.1:6543", "127.0.0.1:6543")]
    [InlineData("use = egg:waitress#main\nlisten = *:6543 [::]:6543\n  localhost:6544", "*:6543 localhost:6544")]
    [InlineData("use = egg:waitress#main\nport = 6543", "0.0.0.0:6543")]
    [InlineData("use = egg:waitress#main\nhost = ::1\nport = 6543", "[::1]:6543")]
    [InlineData("use = egg:Paste#http\nport = %(base)s3", "127.0.0.1:6543")]
    [InlineData("use = egg:gunicorn#main\nhost = 0.0.0.0", "0.0.0.0:8000")]
    [InlineData("use = egg:gunicorn#main\nbind = 127.0.0.1:1, 127.0.0.1:2", "127.0.0.1:1 127.0.0.1:2")]
    [InlineData("use = egg:waitress#main", "127.0.0.1:8000")]
    public void Load_PasteApp_ListensWhereItsServerDid(string section, string binds)
    {
        _loader.Home.Write("site.ini", $"[DEFAULT]\nbase = 654\n[app:main]\nuse = egg:x\n[server:main]\n{section}\n");

        Assert.Equal(binds, string.Join(' ', _loader.Load("paste:site.ini").Settings!.Bind));
    }

    [Fact]
    public void Load_PasteAppWithOptions_OptionsWin()
    {
        _loader.Home.Write("site.ini", "[server:main]\nport = %(nowhere)s\nthreads = 3\nworkers = 4\n");
        _loader.Home.Write("lanner.toml", "[app.site]\napp = 'paste:site.ini'\nworkers = 2\n");

        var settings = _loader.Load(options: ("--bind", "127.0.0.1:1")).Settings!;

        Assert.Equal("127.0.0.1:1", Assert.Single(settings.Bind).ToString());
        Assert.Equal((2, 3), (settings.Apps[0].Definition.Workers, settings.Apps[0].Definition.Threads));
    }

    [Fact]
    public void Load_PasteServerThatCannotBeRead_IsReportedWithItsLine()
    {
        _loader.Home.Write("site.ini", "[server:main]\nport = %(http_port)s\nthreads = many\n");

        Assert.Equal(
            [
                "site.ini:2 [server:main]: port uses %(http_port)s, which neither [server:main] nor [DEFAULT] defines: define it there, or give --bind",
                "site.ini:3 [server:main]: threads must be a whole number from 1 to 1024, not \"many\"",
            ],
            _loader.Load("paste:site.ini").Problems.Select(problem => problem.ToString()));
    }

    [Theory]
    [InlineData("shop.wsgi", "shop", "shop")]
    [InlineData("wiki.shop.wsgi:application", "wiki", "wiki")]
    [InlineData("deploy/site.wsgi", "site", null)]
    [InlineData("there.wsgi", "there", null)]
    [InlineData("with.dots.wsgi", "with-dots", null)]
    public void Load_ScriptOrModule_HasAName(string app, string name, string? module)
    {
        _loader.Home.Write("there.wsgi", "");
        _loader.Home.Write("with.dots.wsgi", "");
        if (module is not null) _loader.Home.Write($"{module}/wsgi.py", "");

        Assert.Equal(name, Assert.Single(_loader.Load(app).Settings!.Apps).Definition.Name);
    }

    public void Dispose() => _loader.Dispose();
}
