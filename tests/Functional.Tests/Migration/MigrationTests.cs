using System.Net.Http.Headers;
using System.Text;

namespace Functional.Tests.Migration;

/// <summary>
/// A configuration of another server is run by that server, migrated, and run as it was printed: the answers are the same.
/// </summary>
public class MigrationTests
{
    /// <summary>Debian's own programs, before any other Python.</summary>
    public const string DebianPath = "/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Tells all that a migration could change: where it runs, what it imports, and how the URL is taken apart.</summary>
    private const string App = """
        import os
        from greeting import GREETING

        def application(environ, start_response):
            path = environ["PATH_INFO"]
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            status = "404 Not Found" if path.endswith("/missing") else "201 Created" if body else "200 OK"
            start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("X-Mode", os.environ.get("MODE", "none"))])
            parts = [environ["REQUEST_METHOD"], environ.get("SCRIPT_NAME", ""), path, environ["QUERY_STRING"], os.getcwd(), GREETING,
                environ.get("CONTENT_TYPE", ""), environ.get("HTTP_X_OWN", "")]
            return [repr(parts).encode() + body]

        def create_app():
            return application

        def main(global_config, **settings):
            def told(environ, start_response):
                return [settings["word"].encode()] + list(application(environ, start_response))
            return told
        """;

    [Fact]
    public Task Uwsgi_Ini_IsServedAlike() => CompareAsync("uwsgi", "shop.ini", """
        [uwsgi]
        plugins = python3
        master = true
        http-socket = 127.0.0.1:@PORT@
        chdir = %d/site
        pythonpath = %d/lib
        module = shop:application
        env = MODE=production
        processes = 2
        threads = 4
        enable-threads = true
        harakiri = 20
        need-app = true
        die-on-term = true
        disable-logging = true
        stats = 127.0.0.1:0
        """, static folder => ["/usr/bin/uwsgi", "--ini", folder.File("shop.ini")]);

    [Fact]
    public Task Uwsgi_IniWithMounts_IsServedAlike() => CompareAsync("uwsgi", "mounts.ini", """
        [uwsgi]
        plugins = python3
        master = true
        http-socket = 127.0.0.1:@PORT@
        base = %d
        chdir = %(base)site
        pythonpath = %(base)lib
        mount = /=shop.py
        mount = /second=shop:create_app()
        manage-script-name = true
        processes = 1
        threads = 2
        """, static folder => ["/usr/bin/uwsgi", "--ini", folder.File("mounts.ini")], prefixes: ["", "/second"]);

    [Fact]
    public Task Gunicorn_Configuration_IsServedAlike() => CompareAsync("gunicorn", "gunicorn.conf.py", """
        wsgi_app = "shop:application"
        bind = "127.0.0.1:@PORT@"
        workers = 2
        threads = 4
        chdir = "@HOME@/site"
        pythonpath = "@HOME@/lib"
        raw_env = ["MODE=production"]
        """, static folder => ["/usr/bin/gunicorn", "-c", folder.File("gunicorn.conf.py")]);

    /// <summary>As people write it: names, functions, paths from where the file lies, a variable's default.</summary>
    [Fact]
    public Task Gunicorn_ConfigurationThatComputes_IsServedAlike() => CompareAsync("gunicorn", "gunicorn.conf.py", """
        # -*- coding: utf-8 -*-
        import multiprocessing
        import os
        from pathlib import Path

        BASE = Path(__file__).resolve().parent
        PORT = int(os.environ.get("NO_SUCH_PORT", "@PORT@"))
        wsgi_app = ":".join(["shop", "application"])
        bind = f"127.0.0.1:{PORT}"
        workers = min(multiprocessing.cpu_count() * 2 + 1, 2)
        threads = int(os.getenv("NO_SUCH_THREADS") or 2 ** 2)
        chdir = str(BASE / "site")
        pythonpath = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib")
        os.environ["MODE"] = "prod"
        os.environ["MODE"] += "uction"
        if os.getenv("NO_SUCH_DEBUG"):
            threads = 1
            workers = 1
        """, static folder => ["/usr/bin/gunicorn", "-c", folder.File("gunicorn.conf.py")]);

    [Fact]
    public Task Waitress_Script_IsServedAlike() => CompareAsync("waitress", "serve.py", """
        import os
        import sys
        from waitress import serve
        sys.path.insert(0, "lib")
        from greeting import create_app

        options = dict(threads=6, channel_timeout=60)

        def main():
            port = os.environ.get("NO_SUCH_PORT", "@PORT@")
            serve(create_app(), listen=f"127.0.0.1:{port}", url_prefix="/shop", **options)

        if __name__ == "__main__":
            main()
        """, static folder => [LannerServer.DebianPython, folder.File("serve.py")], prefixes: ["/shop"],
        environment: static folder => new Dictionary<string, string> { ["PYTHONPATH"] = folder.File("lib") });

    /// <summary>The file that serves is the app's too: it is imported, and does not serve then.</summary>
    [Fact]
    public Task Waitress_ScriptWithItsOwnApp_IsServedAlike() => CompareAsync("waitress", "serve.py", """
        import waitress

        def create(word):
            def application(environ, start_response):
                start_response("201 Created" if environ["wsgi.input"].read(1) else "200 OK", [("Content-Type", word), ("X-Mode", "own")])
                return [environ["PATH_INFO"].encode("latin-1")]
            return application

        app = create("text/plain")
        if __name__ == "__main__":
            waitress.create_server(app, host="127.0.0.1", port=@PORT@).run()
        """, static folder => [LannerServer.DebianPython, folder.File("serve.py")]);

    [Fact]
    public Task Waitress_Unit_IsServedAlike() => CompareAsync("waitress", "shop.service", """
        [Service]
        WorkingDirectory=@HOME@/lib
        ExecStart=/usr/bin/waitress-serve --listen=127.0.0.1:@PORT@ --threads 6 --url-prefix=/shop \
            --channel-timeout=60 --call greeting:create_app
        """, static folder => ["sh", "-c", $"cd lib && exec {File.ReadAllText(folder.File("shop.service")).Split("ExecStart=")[1]}"], prefixes: ["/shop"]);

    [Theory]
    [InlineData("egg:waitress#main", "threads = 6", "/a%20b/%C3%A9")]
    // Paste's own server does not give the path as PEP 3333 wants it when it is not plain ASCII.
    [InlineData("egg:Paste#http", "threadpool_workers = 6", "/a%20b")]
    public Task Paste_Ini_IsServedAlike(string server, string option, string unusual) => CompareAsync("paste", "production.ini", $"""
        [app:main]
        paste.app_factory = greeting:main
        word = told by the file

        [server:main]
        use = {server}
        host = 127.0.0.1
        port = @PORT@
        {option}
        """, static folder => [LannerServer.DebianPython, "-c", "import sys; sys.path.insert(0, 'lib'); from paste.deploy import loadapp, loadserver; u = 'config:' + sys.argv[1]; loadserver(u)(loadapp(u))", folder.File("production.ini")],
        unusual: unusual, environment: static folder => new Dictionary<string, string> { ["PYTHONPATH"] = folder.File("lib") });

    [Fact]
    public Task ModWsgi_Site_IsServedAlike() => CompareAsync("mod_wsgi", "site.conf", """
        ServerRoot @HOME@
        PidFile @HOME@/apache.pid
        ErrorLog @HOME@/error.log
        Mutex file:@HOME@
        LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
        LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
        LoadModule wsgi_module /usr/lib/apache2/modules/mod_wsgi.so
        User www-data
        Group www-data
        ServerName localhost
        WSGISocketPrefix @HOME@/wsgi
        Listen 127.0.0.1:@PORT@
        Define common @HOME@/lib
        <Directory @HOME@>
            Require all granted
        </Directory>
        <VirtualHost *:@PORT@>
            ServerName first.example.com
            WSGIDaemonProcess first processes=2 threads=4 home=@HOME@/site python-path=${common} lang=C.UTF-8 locale=C.UTF-8
            WSGIProcessGroup first
            WSGIApplicationGroup %{GLOBAL}
            WSGIScriptAlias /deep @HOME@/site/shop.wsgi
            WSGIScriptAlias / @HOME@/site/shop.py
        </VirtualHost>
        <VirtualHost *:@PORT@>
            ServerName second.example.com
            ServerAlias other.example.com
            WSGIDaemonProcess second threads=3 home=@HOME@/lib python-path=${common} lang=C.UTF-8 locale=C.UTF-8
            WSGIScriptAlias /second @HOME@/site/shop.wsgi process-group=second
            WSGIScriptAlias /third @HOME@/site/shop.fcgi process-group=second
        </VirtualHost>
        """, static folder => ["/usr/sbin/apache2", "-DFOREGROUND", "-f", folder.File("site.conf")], prefixes: ["", "/deep", "//second.example.com/second", "//other.example.com/second", "//second.example.com/third"]);

    /// <summary>Beside an app by Paste Deploy, [server:main] says where to listen, when nobody else does.</summary>
    [Fact]
    public async Task PasteApp_WithoutBind_ListensWhereItsFileSays()
    {
        using var folder = new TemporaryFolder();
        WriteSite(folder);
        int port = FreePort.Next();
        await File.WriteAllTextAsync(folder.File("production.ini"), $"[app:main]\npaste.app_factory = greeting:main\nword = x\n[server:main]\nuse = egg:waitress#main\nlisten = 127.0.0.1:{port}\nthreads = 3\n");

        await using LannerServer server = await LannerServer.StartAsync(
            ["paste:production.ini", "--workers", "1", "--env", $"PYTHONPATH={folder.File("lib")}"], workingDirectory: folder.Path, bind: false);

        Assert.Equal(port, server.Address.Port);
        Assert.Contains(server.Output, line => line.EndsWith("(paste:production.ini, 1 worker × 3 threads)", StringComparison.Ordinal));
    }

    private static async Task CompareAsync(
        string peer, string name, string configuration, Func<TemporaryFolder, string[]> command,
        string[]? prefixes = null, string unusual = "/a%20b/%C3%A9", Func<TemporaryFolder, Dictionary<string, string>>? environment = null)
    {
        using var folder = new TemporaryFolder();
        WriteSite(folder);
        int port = FreePort.Next();
        await File.WriteAllTextAsync(folder.File(name), configuration.Replace("@HOME@", folder.Path, StringComparison.Ordinal)
            .Replace("@PORT@", port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal) + "\n");

        List<string> theirs;
        await using (await PeerServer.StartAsync(folder.Path, port, command(folder)))
            theirs = await AskAsync(new Uri($"http://127.0.0.1:{port}"), prefixes ?? [""], unusual);

        (int code, string[] printed) = await LannerServer.RunToEndAsync(["migrate", peer, folder.File(name)]);
        Assert.True(code == 0, string.Join('\n', printed));
        // Standard error is among the lines; it is no TOML.
        await File.WriteAllLinesAsync(folder.File("lanner.toml"), printed.Where(line => !line.StartsWith("lanner: ", StringComparison.Ordinal)));
        Dictionary<string, string> variables = environment?.Invoke(folder) ?? [];
        variables["PATH"] = DebianPath;
        await using LannerServer server = await LannerServer.StartAsync(["--config", folder.File("lanner.toml")], variables, python: "", bind: false);
        Assert.Equal(port, server.Address.Port);
        List<string> ours = await AskAsync(server.Address, prefixes ?? [""], unusual);

        Assert.Equal(theirs, ours);
        Assert.Contains(ours, answer => answer.StartsWith("201 ", StringComparison.Ordinal));
    }

    private static void WriteSite(TemporaryFolder folder)
    {
        // Apache's children run as another user.
        File.SetUnixFileMode(folder.Path, File.GetUnixFileMode(folder.Path) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Directory.CreateDirectory(folder.File("site"));
        Directory.CreateDirectory(folder.File("lib"));
        File.WriteAllText(folder.File("site/shop.py"), App);
        File.WriteAllText(folder.File("site/shop.wsgi"), App);
        File.WriteAllText(folder.File("site/shop.fcgi"), App);
        File.WriteAllText(folder.File("lib/greeting.py"), "GREETING = \"hello\"\n" + App.Replace("from greeting import GREETING\n", "", StringComparison.Ordinal));
    }

    /// <summary>Each answer as status, the app's own headers and body.</summary>
    private static async Task<List<string>> AskAsync(Uri address, string[] prefixes, string unusual)
    {
        using var client = new HttpClient { BaseAddress = address, Timeout = LannerServer.Patience };
        var answers = new List<string>();
        foreach (string prefix in prefixes)
        {
            // "//host/path" asks another host.
            (string? host, string path) = prefix.StartsWith("//", StringComparison.Ordinal) ? (prefix[2..].Split('/')[0], prefix[prefix.IndexOf('/', 2)..]) : (null, prefix);
            foreach ((HttpMethod method, string target, string? body) in new (HttpMethod, string, string?)[]
                {
                    (HttpMethod.Get, "/", null), (HttpMethod.Get, unusual + "?x=1&y=%C3%A9+%2B", null), (HttpMethod.Get, "/missing", null),
                    (HttpMethod.Post, "/form", "a=1&b=größer"), (HttpMethod.Put, "/deeper/and/deeper", new string('x', 100_000)), (HttpMethod.Delete, "/item/7", null),
                    (HttpMethod.Head, "/", null),
                })
            {
                using var request = new HttpRequestMessage(method, path + target);
                request.Headers.Host = host;
                request.Headers.Add("X-Own", "own, header");
                if (body is not null)
                    request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/x-www-form-urlencoded", "utf-8"));
                using HttpResponseMessage response = await client.SendAsync(request);
                // What is not there at all may take long to say so, each time.
                Assert.True((int)response.StatusCode < 500, $"{request.RequestUri}: {response.StatusCode} {await response.Content.ReadAsStringAsync()}");
                string mode = response.Headers.TryGetValues("X-Mode", out IEnumerable<string>? values) ? string.Join(',', values) : "";
                answers.Add($"{(int)response.StatusCode} {response.ReasonPhrase} {response.Content.Headers.ContentType} {mode} {method} {prefix}{target}: {await response.Content.ReadAsStringAsync()}");
            }
        }
        return answers;
    }
}
