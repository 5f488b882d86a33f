using System.Diagnostics;
using Lanner.Server.Watching;

namespace Lanner.Server.Tests.Watching;

/// <summary>Which changed files are a reason to load an app anew.</summary>
public sealed class SourceFilesTests : IDisposable
{
    private readonly TemporaryDirectory _home = new();

    [Theory]
    [InlineData("/srv/shop/views.py", true)]
    [InlineData("/srv/shop/templates/base.html", true)]
    [InlineData("/srv/shop/.env", true)]
    [InlineData("/srv/shop/lanner.toml", true)]
    [InlineData("/srv/shop/shop.sqlite3", false)]
    [InlineData("/srv/shop/shop.log", false)]
    [InlineData("/srv/shop/__pycache__/views.cpython-311.py", false)]
    [InlineData("/srv/shop/.git/hooks/pre-commit.py", false)]
    [InlineData("/srv/shop/node_modules/gyp/gyp_main.py", false)]
    [InlineData("/srv/shop/views.py~", false)]
    public void Matters_SourceButNotData(string path, bool matters) => Assert.Equal(matters, SourceFiles.Matters(path));

    [Fact]
    public async Task WithoutIgnored_InARepository_LeavesOutWhatGitIgnores()
    {
        Git("init", "--quiet");
        _home.Write(".gitignore", "generated/\n*_local.py\n");
        _home.Write("views.py", "");
        string[] changed = [.. new[] { "views.py", "settings_local.py", "generated/models.py", "gone/away.py" }.Select(name => Path.Combine(_home.Path, name))];

        IEnumerable<string> kept = await SourceFiles.WithoutIgnoredAsync(changed, CancellationToken.None);

        Assert.Equal([changed[3], changed[0]], kept.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task WithoutIgnored_OutsideARepository_KeepsAll()
    {
        string[] changed = [Path.Combine(_home.Path, "views.py")];

        Assert.Equal(changed, await SourceFiles.WithoutIgnoredAsync(changed, CancellationToken.None));
    }

    public void Dispose() => _home.Dispose();

    private void Git(params string[] arguments)
    {
        using Process git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = _home.Path })!;
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
    }
}
