using System.Text;
using Lanner.Server.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Lanner.Server.Logging;

/// <summary>
/// The server's log: formats each entry on the thread it comes from, and leaves the writing to a <see cref="LineWriter{T}"/>.
/// Nothing that serves requests waits for it. The apps' output comes from a thread of its own, which does wait: their pipes fill,
/// and a disk that is merely slow loses none of it.
/// </summary>
internal sealed class ServerLog : ILoggerProvider, ILineWriterOwner<string>
{
    /// <summary>Some tenths of a second of busy apps.</summary>
    private const int Capacity = 16 * 1024;

    private const string AppCategory = "Lanner.App";

    [ThreadStatic]
    private static StringWriter? t_text;

    private readonly ConsoleFormatter _formatter;
    private readonly bool _isFile;
    private readonly LineWriter<string> _writer;

    /// <summary>Opens the log; throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    /// <param name="formatter">Makes the lines.</param>
    /// <param name="path">The file, or <c>-</c> for standard error.</param>
    /// <param name="rotation">When the file is rotated; null: never.</param>
    public ServerLog(ConsoleFormatter formatter, string path, LogRotation? rotation)
        : this(formatter, path == "-" ? new StreamTarget(Console.OpenStandardError) : new LogFile(path, rotation), path != "-", rotation?.Size ?? long.MaxValue)
    {
    }

    internal ServerLog(ConsoleFormatter formatter, LogTarget target, bool isFile, long batchBytes, int capacity = Capacity)
    {
        _formatter = formatter;
        _isFile = isFile;
        _writer = new LineWriter<string>(static (text, output) => Encoding.UTF8.GetBytes(text, output), target, this, capacity, batchBytes);
    }

    public ILogger CreateLogger(string categoryName) => new CategoryLogger(this, categoryName);

    /// <summary>Closes the file and opens it again by its name, for log rotation.</summary>
    public void Reopen()
    {
        if (_isFile)
            _writer.Reopen();
    }

    /// <summary>Writes what was logged up to now.</summary>
    public void Dispose() => _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();

    void ILineWriterOwner<string>.Dropped(long lines) => Say(LogLevel.Warning, 4010, $"{lines} entries of this log were lost: they could not be written in time");

    void ILineWriterOwner<string>.Failing(Exception failure) => TellOutside($"the log cannot be written; its entries are lost until it can: {failure.Message}");

    void ILineWriterOwner<string>.Reopened() => Say(LogLevel.Information, 4011, "The log was opened again");

    void ILineWriterOwner<string>.NotReopened(Exception failure) => Say(LogLevel.Error, 4012, $"The log could not be opened again; the old file goes on: {failure.Message}");

    private void Say(LogLevel level, int id, string message) =>
        _writer.WriteNext(Format(new LogEntry<string>(level, typeof(ServerLog).FullName!, new EventId(id), message, null, static (text, _) => text)));

    /// <summary>Where the log is a file, standard error is the last place left.</summary>
    private void TellOutside(string message)
    {
        if (!_isFile)
            return;
        try
        {
            Console.Error.WriteLine($"lanner: {message}");
        }
        catch (IOException)
        {
            // Nobody is there to be told.
        }
    }

    private string Format<TState>(in LogEntry<TState> entry)
    {
        StringWriter text = t_text ??= new StringWriter();
        StringBuilder builder = text.GetStringBuilder();
        _formatter.Write(entry, null, text);
        string formatted = builder.ToString();
        builder.Clear();
        // One long traceback must not stay on every thread.
        if (builder.Capacity > 64 * 1024)
            t_text = null;
        return formatted;
    }

    private sealed class CategoryLogger(ServerLog log, string category) : ILogger
    {
        private readonly bool _waits = category.StartsWith(AppCategory, StringComparison.Ordinal);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string text = log.Format(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter));
            if (_waits)
                log._writer.WriteWaiting(text);
            else
                log._writer.Write(text);
        }
    }
}
