using System.Text;

namespace Lanner.Server.Logging;

/// <summary>A file in place of standard error for the server's log. It can be opened anew after it has been moved away.</summary>
internal sealed class ErrorLogFile : TextWriter
{
    private readonly Lock _gate = new();
    private readonly string _path;
    private StreamWriter _writer;

    private ErrorLogFile(string path)
    {
        _path = path;
        _writer = Open(path);
    }

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>From now on the file takes what goes to standard error.</summary>
    public static ErrorLogFile Use(string path)
    {
        var file = new ErrorLogFile(path);
        Console.SetError(file);
        return file;
    }

    public void Reopen()
    {
        lock (_gate)
        {
            try
            {
                StreamWriter fresh = Open(_path);
                _writer.Dispose();
                _writer = fresh;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _writer.WriteLine($"lanner: the log stays where it is, {_path} cannot be opened: {e.Message}");
            }
        }
    }

    public override void Write(char value)
    {
        lock (_gate)
            _writer.Write(value);
    }

    public override void Write(string? value)
    {
        lock (_gate)
            _writer.Write(value);
    }

    public override void WriteLine(string? value)
    {
        lock (_gate)
            _writer.WriteLine(value);
    }

    private static StreamWriter Open(string path) =>
        new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete), new UTF8Encoding(false)) { AutoFlush = true };
}
