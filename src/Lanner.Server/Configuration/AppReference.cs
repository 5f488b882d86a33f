using System.Globalization;

namespace Lanner.Server.Configuration;

/// <summary>
/// APP as users write it. Only its form is judged here, and a name for the app is derived from it; the worker loads it.
/// Every start passes here before Python begins: regular expressions would be the only ones of the start, an assembly to load and some fifteen methods to compile.
/// </summary>
internal static class AppReference
{
    /// <summary>File names that say nothing about the app: the directory's name is better.</summary>
    private static readonly string[] CommonNames = ["app", "wsgi", "asgi", "main", "application", "server", "run"];

    /// <summary>What is wrong with the form of <paramref name="app"/>, or null.</summary>
    public static string? FindProblem(string app)
    {
        if (PasteFile(app) is not null || SourceFile(app) is not null || IsModule(app)) return null;
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
            _ when PasteFile(app) is { } paste => Path.GetFileNameWithoutExtension(paste),
            _ when SourceFile(app) is { } file && IsFile(file, directory) => OfFile(Path.GetFullPath(file, directory)),
            _ => app.Split('.', ':')[0],
        };
        var clean = new string(Array.ConvertAll(name.ToCharArray(), static letter => IsAllowed(letter) ? letter : '-')).Trim('-');
        return clean.Length == 0 ? "app" : clean;
    }

    /// <summary>The ini file of an app by Paste Deploy, <c>paste:FILE[#SECTION]</c>; null for every other form.</summary>
    public static string? PasteFile(string app)
    {
        if (!app.StartsWith("paste:", StringComparison.Ordinal)) return null;
        var parts = app["paste:".Length..].Split('#');
        return parts is [{ Length: > 0 }] or [{ Length: > 0 }, { Length: > 0 }] ? parts[0] : null;
    }

    public static bool IsName(string name) => name.Length > 0 && Array.TrueForAll(name.ToCharArray(), IsAllowed);

    /// <summary>The file of <c>path/to/file.py[:name]</c> or <c>/path/to/script:name</c>; null for every other form.</summary>
    private static string? SourceFile(string app)
    {
        var (file, name) = Halves(app);
        // Apache's scripts may be called anything: with a leading slash it can be nothing but a file.
        if (!IsNamed(".py") && !IsNamed(".wsgi") && !(file.StartsWith('/') && !file.EndsWith('/') && name is not null)) return null;
        return name is null || (WithoutCall(name) is { Length: > 0 } path && IsWord(path.Replace(".", "", StringComparison.Ordinal))) ? file : null;

        bool IsNamed(string ending) => file.Length > ending.Length && file.EndsWith(ending, StringComparison.Ordinal);
    }

    /// <summary><c>module</c>, <c>module:name</c>, <c>module:factory()</c>.</summary>
    private static bool IsModule(string app)
    {
        var (module, name) = Halves(app);
        return IsDotted(module) && (name is null || IsDotted(WithoutCall(name)));
    }

    private static (string Before, string? After) Halves(string app) =>
        app.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0 ? (app[..colon], app[(colon + 1)..]) : (app, null);

    /// <summary><c>name</c> of <c>name(…)</c>.</summary>
    private static string WithoutCall(string name) =>
        name.IndexOf('(', StringComparison.Ordinal) is var open and >= 0 && name.EndsWith(')') && !name.Contains('\n', StringComparison.Ordinal) ? name[..open] : name;

    private static bool IsDotted(string names)
    {
        foreach (var name in names.Split('.'))
        {
            if (name.Length == 0 || char.IsDigit(name[0]) || !IsWord(name)) return false;
        }
        return true;
    }

    /// <summary>Whether all are letters that a name in Python may hold.</summary>
    private static bool IsWord(string text)
    {
        foreach (var letter in text)
        {
            if (!char.IsLetterOrDigit(letter)
                && char.GetUnicodeCategory(letter) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.ConnectorPunctuation))
                return false;
        }
        return true;
    }

    private static bool IsAllowed(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_';

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
}
