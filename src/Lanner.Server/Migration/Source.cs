namespace Lanner.Server.Migration;

/// <summary>A peer's file to migrate, APP for a file that names none, and the interpreter for Python files where one was given.</summary>
internal sealed record Source(string Path, string? App, Func<string, string?> Environment, string? Python = null)
{
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The text of a file; one that cannot be read ends the migration.</summary>
    public static string Read(string path) => Readable(path, () =>
    {
        var text = File.ReadAllText(path);
        return text.Contains('\0', StringComparison.Ordinal) ? throw new MigrationFailure($"{path} is no text: it holds a zero byte") : text;
    });

    /// <summary>The bytes of a file that declares its encoding itself.</summary>
    public static byte[] ReadBytes(string path, int most) => Readable(path, () =>
    {
        using var file = File.OpenRead(path);
        var content = new byte[most + 1];
        var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        if (length > most) throw new MigrationFailure($"{path} is longer than {most / 1024} KB, which no configuration is");
        return content.AsSpan(0, length).Contains((byte)0) ? throw new MigrationFailure($"{path} is no text: it holds a zero byte") : content[..length];
    });

    private static T Readable<T>(string path, Func<T> read)
    {
        try
        {
            return read();
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
