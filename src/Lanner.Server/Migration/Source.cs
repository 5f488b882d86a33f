namespace Lanner.Server.Migration;

/// <summary>A peer's file to migrate, and APP for a file that names none.</summary>
internal sealed record Source(string Path, string? App, Func<string, string?> Environment)
{
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The text of a file; one that cannot be read ends the migration.</summary>
    public static string Read(string path)
    {
        try
        {
            var text = File.ReadAllText(path);
            return text.Contains('\0', StringComparison.Ordinal) ? throw new MigrationFailure($"{path} is no text: it holds a zero byte") : text;
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MigrationFailure($"{path}: there is no such file");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new MigrationFailure($"{path} cannot be read: {problem.Message}");
        }
    }
}
