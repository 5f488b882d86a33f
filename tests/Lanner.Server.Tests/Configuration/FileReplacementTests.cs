using Lanner.Server.Configuration;

namespace Lanner.Server.Tests.Configuration;

/// <summary>How the settings file is replaced.</summary>
public sealed class FileReplacementTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public FileReplacementTests() => File.WriteAllText(Path("lanner.toml"), "old");

    [Fact]
    public void Write_KeepsTheModeAndLeavesNothingElse()
    {
        File.SetUnixFileMode(Path("lanner.toml"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        FileReplacement.Write(Path("lanner.toml"), "new"u8);

        Assert.Equal("new", File.ReadAllText(Path("lanner.toml")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(Path("lanner.toml")));
        Assert.Equal(["lanner.toml"], Names());
    }

    [Fact]
    public void Write_ThroughALink_ReplacesWhatItPointsTo()
    {
        File.CreateSymbolicLink(Path("link"), "lanner.toml");

        FileReplacement.Write(Path("link"), "new"u8);

        Assert.Equal("lanner.toml", new FileInfo(Path("link")).LinkTarget);
        Assert.Equal("new", File.ReadAllText(Path("lanner.toml")));
    }

    [Fact]
    public void Write_OfAFileThatIsGone_LeavesNothing()
    {
        File.Delete(Path("lanner.toml"));

        Assert.Throws<FileNotFoundException>(() => FileReplacement.Write(Path("lanner.toml"), "new"u8));

        Assert.Empty(Names());
    }

    public void Dispose() => _directory.Dispose();

    private string Path(string name) => $"{_directory.Path}/{name}";

    private string[] Names() => [.. Directory.EnumerateFileSystemEntries(_directory.Path).Select(static path => System.IO.Path.GetFileName(path)!)];
}
