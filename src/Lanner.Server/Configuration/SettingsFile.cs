namespace Lanner.Server.Configuration;

/// <summary>
/// A settings file that was found and read: <c>lanner.toml</c>, or the table <c>[tool.lanner]</c> of <c>pyproject.toml</c>.
/// </summary>
internal sealed class SettingsFile
{
    private const string ProjectFile = "pyproject.toml";

    private readonly Func<int, string> _origin;

    private SettingsFile(string path, string shown, TomlTable root)
        : this(root, System.IO.Path.GetDirectoryName(path)!, line => $"{shown}:{line}") => Path = path;

    private SettingsFile(TomlTable root, string directory, Func<int, string> origin)
    {
        Directory = directory;
        Root = root;
        _origin = origin;
    }

    /// <summary>Paths in the file are relative to this.</summary>
    public string Directory { get; }

    /// <summary>The file; null for settings that stand in none.</summary>
    public string? Path { get; }

    /// <summary>The table that holds <c>server</c> and <c>app</c>.</summary>
    public TomlTable Root { get; }

    /// <summary>What the user knows the place as. Settings that stand in no file have lines only to tell them apart.</summary>
    public Origin At(TomlPosition position) => new(_origin(position.Line), position.Line, Path is null ? 0 : position.Column);

    /// <summary>Settings that stand in no file; <paramref name="origin"/> says what the user knows each line as.</summary>
    public static SettingsFile Of(TomlTable root, string directory, Func<int, string> origin) => new(root, directory, origin);

    /// <summary>Whether <see cref="Find"/> would find a file in the directory.</summary>
    public static bool IsIn(string directory) => Find(directory, directory, [], File.ReadAllBytes) is not null || File.Exists(System.IO.Path.Combine(directory, "lanner.toml"));

    /// <summary>Looks for a file in <paramref name="directory"/>, whose content <paramref name="read"/> gives; null when there is none. What is wrong with it is a problem; of one that cannot be read at all there is nothing but that.</summary>
    public static SettingsFile? Find(string directory, string currentDirectory, List<Problem> problems, Func<string, byte[]> read)
    {
        var own = System.IO.Path.Combine(directory, "lanner.toml");
        if (File.Exists(own)) return Open(own, currentDirectory, problems, read);
        var project = System.IO.Path.Combine(directory, ProjectFile);
        return File.Exists(project) && Load(project, currentDirectory, problems, read) is { } root && ToolTable(root) is { } tool
            ? new SettingsFile(project, Shown(project, currentDirectory), tool)
            : null;
    }

    /// <summary>Opens the file that the user named.</summary>
    public static SettingsFile? Open(string path, string currentDirectory, List<Problem> problems, Func<string, byte[]> read)
    {
        if (Load(path, currentDirectory, problems, read) is not { } root) return null;
        var shown = Shown(path, currentDirectory);
        if (System.IO.Path.GetFileName(path) != ProjectFile) return new SettingsFile(path, shown, root);
        if (ToolTable(root) is { } tool) return new SettingsFile(path, shown, tool);
        problems.Add(new Problem(new Origin(shown, 0), "holds no table [tool.lanner]"));
        return null;
    }

    private static TomlTable? ToolTable(TomlTable root) =>
        (root.Find("tool")?.Content as TomlTable)?.Find("lanner")?.Content as TomlTable;

    private static TomlTable? Load(string path, string currentDirectory, List<Problem> problems, Func<string, byte[]> read)
    {
        var shown = Shown(path, currentDirectory);
        try
        {
            var document = TomlReader.Read(read(path));
            problems.AddRange(document.Mistakes.Select(mistake => new Problem(new Origin($"{shown}:{mistake.Position.Line}", mistake.Position.Line, mistake.Position.Column), mistake.Message)));
            return document.Root;
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            problems.Add(new Problem(new Origin(shown, 0), "there is no such file"));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            problems.Add(new Problem(new Origin(shown, 0), $"cannot be read: {problem.Message}"));
        }
        return null;
    }

    /// <summary>The path as people read it: relative when it lies below the current directory.</summary>
    private static string Shown(string path, string currentDirectory)
    {
        var relative = System.IO.Path.GetRelativePath(currentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
