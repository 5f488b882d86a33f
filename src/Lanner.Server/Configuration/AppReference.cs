using System.Text.RegularExpressions;

namespace Lanner.Server.Configuration;

/// <summary>
/// APP as users write it. Only its form is judged here, and a name for the app is derived from it; the worker loads it.
/// </summary>
internal static partial class AppReference
{
    /// <summary>File names that say nothing about the app: the directory's name is better.</summary>
    private static readonly string[] CommonNames = ["app", "wsgi", "asgi", "main", "application", "server", "run"];

    /// <summary>What is wrong with the form of <paramref name="app"/>, or null.</summary>
    public static string? FindProblem(string app)
    {
        if (PasteForm().IsMatch(app) || FileForm().IsMatch(app) || ModuleForm().IsMatch(app)) return null;
        const string Forms = "module:name, module, module:factory(), path/to/file.py[:name], path/to/file.wsgi[:name] or paste:FILE[#SECTION]";
        return app.Contains('/', StringComparison.Ordinal) && !app.Contains(':', StringComparison.Ordinal)
            ? $"\"{app}\" is neither a directory nor a .py or .wsgi file: APP must be {Forms}, or a directory"
            : $"\"{app}\" names no app: it must be {Forms}";
    }

    /// <summary>A name made of letters, digits, <c>-</c> and <c>_</c>: <c>shop.wsgi:application</c> is <c>shop</c>.</summary>
    public static string DeriveName(string app, string directory)
    {
        var name = app switch
        {
            _ when PasteForm().Match(app) is { Success: true } paste => Path.GetFileNameWithoutExtension(paste.Groups["file"].Value),
            _ when FileForm().Match(app) is { Success: true } file && IsFile(file.Groups["file"].Value, directory) => OfFile(Path.GetFullPath(file.Groups["file"].Value, directory)),
            _ => app.Split('.', ':')[0],
        };
        var clean = NotAllowed().Replace(name, "-").Trim('-');
        return clean.Length == 0 ? "app" : clean;
    }

    /// <summary>The ini file of an app by Paste Deploy; null for every other form.</summary>
    public static string? PasteFile(string app) => PasteForm().Match(app) is { Success: true } paste ? paste.Groups["file"].Value : null;

    public static bool IsName(string name) => name.Length > 0 && !NotAllowed().IsMatch(name);

    /// <summary><c>shop.wsgi</c> is a module, unless there is such a file.</summary>
    private static bool IsFile(string file, string directory) =>
        !file.EndsWith(".wsgi", StringComparison.Ordinal) || file.Contains('/', StringComparison.Ordinal)
        || (File.Exists(Path.Combine(directory, file)) && !File.Exists(Path.Combine(directory, file.Replace('.', '/') + ".py")));

    private static string OfFile(string path)
    {
        var stem = Path.GetFileNameWithoutExtension(path);
        var parent = Path.GetFileName(Path.GetDirectoryName(path));
        return CommonNames.Contains(stem, StringComparer.OrdinalIgnoreCase) && !string.IsNullOrEmpty(parent) ? parent : stem;
    }

    [GeneratedRegex(@"^paste:(?<file>[^#]+)(#[^#]+)?\z")]
    private static partial Regex PasteForm();

    [GeneratedRegex(@"^(?<file>[^:]+\.(py|wsgi))(:[\w.]+(\(.*\))?)?\z")]
    private static partial Regex FileForm();

    [GeneratedRegex(@"^[^\W\d]\w*(\.[^\W\d]\w*)*(:[^\W\d]\w*(\.[^\W\d]\w*)*(\(.*\))?)?\z")]
    private static partial Regex ModuleForm();

    [GeneratedRegex(@"[^A-Za-z0-9_-]")]
    private static partial Regex NotAllowed();
}
