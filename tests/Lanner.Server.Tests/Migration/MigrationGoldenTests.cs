using System.Runtime.CompilerServices;
using Lanner.Server.Commands;
using Lanner.Server.Tests.Configuration;

namespace Lanner.Server.Tests.Migration;

/// <summary>
/// Configurations of the peers as people have them, each beside the lanner.toml that is printed for it. <c>@HOME@</c> stands
/// for the directory of the test.
/// </summary>
public sealed class MigrationGoldenTests
{
    private const string HomeMark = "@HOME@";

    private static string Golden { get; } = Path.Combine(Here(), "golden");

    public static TheoryData<string, string> Inputs()
    {
        var inputs = new TheoryData<string, string>();
        foreach (var peer in Directory.EnumerateDirectories(Golden))
            foreach (var file in Directory.EnumerateFiles(peer).Where(IsInput)) inputs.Add(Path.GetFileName(peer), Path.GetFileName(file));
        return inputs;
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task Migrate_RealFile_PrintsTheSettings(string peer, string name)
    {
        using var loader = new LoaderFixture();
        var home = loader.Home.Path;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Golden, peer), "*", SearchOption.AllDirectories).Where(IsInput))
            loader.Home.Write(Path.Combine("etc", Path.GetRelativePath(Path.Combine(Golden, peer), file)), (await File.ReadAllTextAsync(file)).Replace(HomeMark, home, StringComparison.Ordinal));
        loader.Home.WriteProgram("venv/bin/python3");

        var (code, output, error) = await Run("migrate", peer, Path.Combine(home, "etc", name));

        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Golden, peer, name + ".toml")), Anywhere(output.Replace(home, HomeMark, StringComparison.Ordinal)));
        Assert.Equal(output.Contains("# TODO ", StringComparison.Ordinal) ? 1 : 0, code);
        // What is missing in several apps is told once.
        Assert.Equal(output.Split('\n').Distinct().Count(static line => line.StartsWith('#') && (line.Contains(": refused because ", StringComparison.Ordinal) || line.Contains(": carried over, but ", StringComparison.Ordinal) || line.StartsWith("# TODO ", StringComparison.Ordinal))),
            error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        foreach (var directory in new[] { "shop", "blog", "log", "run" }) Directory.CreateDirectory(Path.Combine(home, directory));
        // Without an app nothing can be loaded.
        if (output.Contains("# TODO app:", StringComparison.Ordinal)) return;
        var result = loader.Load(file: loader.Home.Write("new/lanner.toml", output));
        Assert.DoesNotContain(result.Problems, static problem => Environment.IsPrivilegedProcess || !problem.Message.Contains("only root can give", StringComparison.Ordinal));
    }

    /// <summary>Whatever a file holds, it is migrated or refused in a sentence, and what is printed is TOML.</summary>
    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task Migrate_DamagedFile_IsNoAccident(string peer, string name)
    {
        using var home = new TemporaryDirectory();
        var original = await File.ReadAllTextAsync(Path.Combine(Golden, peer, name));
        var random = new Random(name.Length);
        var pieces = new[] { "", "\0", "=", "\"", "'", "\\\n", "\n", " ", "%", "%(", "$(", "${", "[", "]", "(", "<", ">", "</", "#", ":", "/", "0", "99999999999999999999", "é", "\u0001" };
        // Each Python file costs a process.
        for (var round = name.EndsWith(".py", StringComparison.Ordinal) ? 185 : 0; round < 200; round++)
        {
            var text = original;
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                var at = random.Next(text.Length);
                text = text[..at] + pieces[random.Next(pieces.Length)] + text[Math.Min(text.Length, at + random.Next(0, 12))..];
            }

            var (code, output, error) = await Run("migrate", peer, home.Write(name, text));

            Assert.True(code == (output.Contains("# TODO ", StringComparison.Ordinal) ? 1 : 0) || (code == 2 && output.Length == 0 && error.StartsWith("lanner: ", StringComparison.Ordinal)), $"{code}: {error}\n{text}");
            Lanner.Server.Configuration.TomlReader.ReadOwn(output);
        }
    }

    [Fact]
    public async Task Migrate_UnknownPeer_IsNamed()
    {
        var (code, output, error) = await Run("migrate", "uwsg", "x.ini");

        Assert.Equal((2, ""), (code, output));
        Assert.Equal("lanner: there is no migration from 'uwsg', only from gunicorn, uwsgi, mod_wsgi, paste, waitress: did you mean uwsgi?\n", error);
    }

    [Theory]
    [InlineData("gunicorn", null, "there is no such file")]
    [InlineData("gunicorn", "workers = 3\n", "names no app: it needs wsgi_app")]
    [InlineData("uwsgi", "[other]\nmodule = x\n", "holds no section [uwsgi]")]
    [InlineData("uwsgi", "[uwsgi]\nprocesses = 3\n", "names no app that could be carried over")]
    [InlineData("uwsgi", "[uwsgi]\nini = here\n", "include each other")]
    [InlineData("mod_wsgi", "Listen 80\n", "names no app: it needs a WSGIScriptAlias")]
    [InlineData("mod_wsgi", "<VirtualHost *:80>\n", "<VirtualHost> is not closed")]
    [InlineData("paste", "[app:other]\nuse = egg:x\n", "names no app: it has no section [app:main]")]
    [InlineData("uwsgi", "<uwsgi><module>x</module></uwsgi>", "is XML, and only ini is read: let uWSGI write it as ini, uwsgi --xml here --show-config --no-server")]
    [InlineData("uwsgi", "{ \"uwsgi\": {} }", "is JSON, and only ini is read")]
    [InlineData("uwsgi", "# comments\nuwsgi:\n  module: x\n", "is YAML, and only ini is read")]
    [InlineData("mod_wsgi", "WSGIScriptAlias / /\n", "names no app that can be carried over: here:1 WSGIScriptAlias / /: the script must be one file")]
    [InlineData("waitress", "#!/usr/bin/env python3\nimport waitress\n", "calls neither waitress.serve nor waitress.create_server")]
    [InlineData("waitress", "#!/usr/bin/env python3\nimport waitress as\n", ":2:19: invalid syntax")]
    [InlineData("gunicorn", "workers = = 3\n", ":1:11: invalid syntax")]
    [InlineData("waitress", "gunicorn shop\n", "holds neither a section [server:main] nor a command line")]
    [InlineData("waitress", "waitress-serve --port=80\n", "names no app")]
    public async Task Migrate_FileWithoutAnApp_IsRefused(string peer, string? content, string sentence)
    {
        using var home = new TemporaryDirectory();
        if (content is not null) home.Write("here", content);

        var (code, output, error) = await Run("migrate", peer, Path.Combine(home.Path, "here"));

        Assert.Equal((2, ""), (code, output));
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gunicorn", "workers = 3\n")]
    [InlineData("uwsgi", "[uwsgi]\nprocesses = 3\n")]
    public async Task Migrate_AppOfTheCommandLine_IsTaken(string peer, string content)
    {
        using var home = new TemporaryDirectory();
        home.Write("here", content);

        var (code, output, _) = await Run("migrate", peer, Path.Combine(home.Path, "here"), "shop.wsgi:application");

        Assert.Equal(0, code);
        Assert.Contains("app = \"shop.wsgi:application\"\nworkers = 3\n", output, StringComparison.Ordinal);
    }

    /// <summary>With a mark for the number that this machine's processors make of <c>cpu_count() * 2 + 1</c>.</summary>
    private static string Anywhere(string output)
    {
        var processors = File.ReadLines("/proc/stat").Count(static line => line.StartsWith("cpu", StringComparison.Ordinal) && char.IsAsciiDigit(line[3]));
        return output.Replace(FormattableString.Invariant($"workers = {processors * 2 + 1}  # "), "workers = @CPUS * 2 + 1@  # ", StringComparison.Ordinal);
    }

    private static bool IsInput(string file) => !file.EndsWith(".toml", StringComparison.Ordinal);

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await new CommandLine(output, error).RunAsync([.. arguments, "--python", "/usr/bin/python3"], CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
