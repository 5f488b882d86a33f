using System.Diagnostics;

namespace Lanner.Server.Watching;

/// <summary>Which changed files are a reason to load an app anew.</summary>
internal static class SourceFiles
{
    /// <summary>What apps are made of. Data that an app writes while it runs, a database or a log, is not among it: it would reload for ever.</summary>
    private static readonly HashSet<string> s_extensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".py", ".pyx", ".wsgi", ".so", ".ini", ".cfg", ".conf", ".toml", ".yaml", ".yml", ".env", ".html", ".htm", ".jinja", ".jinja2", ".j2",
        ".mako", ".pt", ".tpl", ".mo",
    };

    private static readonly string[] s_never = [".git", "__pycache__", ".lanner", "node_modules", ".venv", ".tox", ".mypy_cache", ".pytest_cache"];

    /// <summary>Whether a file of this name can be source at all.</summary>
    public static bool Matters(string path)
    {
        string name = Path.GetFileName(path);
        return (s_extensions.Contains(Path.GetExtension(name)) || name == ".env")
            && !path.Split('/').Any(part => s_never.Contains(part));
    }

    /// <summary>Leaves out what git ignores, where there is git and a repository.</summary>
    public static async Task<IEnumerable<string>> WithoutIgnoredAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var kept = new List<string>();
        foreach (IGrouping<string?, string> folder in paths.GroupBy(NearestDirectory))
        {
            HashSet<string> ignored = folder.Key is null ? [] : await IgnoredAsync(folder.Key, [.. folder], cancellationToken);
            kept.AddRange(folder.Where(path => !ignored.Contains(path)));
        }
        return kept;
    }

    private static string? NearestDirectory(string path)
    {
        string? directory = Path.GetDirectoryName(path);
        while (directory is not null && !Directory.Exists(directory))
            directory = Path.GetDirectoryName(directory);
        return directory;
    }

    private static async Task<HashSet<string>> IgnoredAsync(string directory, string[] paths, CancellationToken cancellationToken)
    {
        try
        {
            using var git = new Process
            {
                StartInfo = new ProcessStartInfo("git", ["check-ignore", "-z", "--stdin"])
                {
                    WorkingDirectory = directory,
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                },
            };
            git.Start();
            Task<string> errors = git.StandardError.ReadToEndAsync(cancellationToken);
            Task<string> ignored = git.StandardOutput.ReadToEndAsync(cancellationToken);
            await git.StandardInput.WriteAsync(string.Join('\0', paths) + "\0");
            git.StandardInput.Close();
            await git.WaitForExitAsync(cancellationToken);
            await errors;
            // 1: none of them is ignored; 128: no repository.
            return git.ExitCode == 0 ? [.. (await ignored).Split('\0', StringSplitOptions.RemoveEmptyEntries)] : [];
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
        {
            return [];
        }
    }
}
