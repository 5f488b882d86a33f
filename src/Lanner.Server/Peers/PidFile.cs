using System.Globalization;

namespace Lanner.Server.Peers;

/// <summary>A file that holds the server's process id while it runs.</summary>
internal sealed class PidFile : IDisposable
{
    private readonly string _path;

    private PidFile(string path) => _path = path;

    /// <summary>Writes the file; one that is left of a server that has ended is replaced.</summary>
    /// <exception cref="IOException">A server that still runs has written it, or it cannot be written.</exception>
    public static PidFile Create(string path)
    {
        if (File.Exists(path) && int.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out int other)
            && other != Environment.ProcessId && Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{other}")))
            throw new IOException($"{path} names process {other}, which runs: is the server running already?");
        string temporary = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}");
        File.WriteAllText(temporary, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));
        File.Move(temporary, path, overwrite: true);
        return new PidFile(path);
    }

    public void Dispose()
    {
        try
        {
            // Another server may have taken it over.
            if (int.TryParse(File.ReadAllText(_path), CultureInfo.InvariantCulture, out int pid) && pid == Environment.ProcessId)
                File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone already, or no longer ours to remove.
        }
    }
}
