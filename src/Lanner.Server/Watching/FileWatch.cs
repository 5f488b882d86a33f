using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Lanner.Server.Watching;

/// <summary>
/// Calls for a reload when files below some directories change: once changes have rested for a moment, not for files that
/// git ignores, and never twice at once; what changes meanwhile is the next reload's.
/// </summary>
internal sealed partial class FileWatch : IDisposable
{
    /// <summary>Editors write a file in several steps, and version control many files.</summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromMilliseconds(150);

    private readonly FileSystemWatcher[] _watchers;
    private readonly Func<Task> _reload;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<string, bool> _changed = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _following;

    private FileWatch(IReadOnlyList<string> directories, Func<Task> reload, ILogger log)
    {
        _reload = reload;
        _log = log;
        _watchers = [.. directories.Select(Watch)];
        _following = FollowAsync();
    }

    public static FileWatch Start(IReadOnlyList<string> directories, Func<Task> reload, ILogger log)
    {
        var watch = new FileWatch(directories, reload, log);
        Watching(log, string.Join(", ", directories));
        return watch;
    }

    public void Dispose()
    {
        foreach (FileSystemWatcher watcher in _watchers)
            watcher.Dispose();
        _ending.Cancel();
        _following.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        _ending.Dispose();
        _wake.Dispose();
    }

    private FileSystemWatcher Watch(string directory)
    {
        var watcher = new FileSystemWatcher(directory)
        {
            IncludeSubdirectories = true,
            InternalBufferSize = 64 * 1024,
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite,
        };
        watcher.Changed += (_, e) => Take(e.FullPath);
        watcher.Created += (_, e) => Take(e.FullPath);
        watcher.Deleted += (_, e) => Take(e.FullPath);
        watcher.Renamed += (_, e) =>
        {
            Take(e.OldFullPath);
            Take(e.FullPath);
        };
        // More changes than could be noted: one of them will have mattered.
        watcher.Error += (_, _) => Take(Path.Combine(directory, "many.py"));
        watcher.EnableRaisingEvents = true;
        return watcher;
    }

    private void Take(string path)
    {
        if (!SourceFiles.Matters(path))
            return;
        _changed[path] = true;
        if (_wake.CurrentCount == 0)
            _wake.Release();
    }

    private async Task FollowAsync()
    {
        while (true)
        {
            try
            {
                await _wake.WaitAsync(_ending.Token);
                while (await _wake.WaitAsync(s_rest, _ending.Token))
                {
                    // It has not come to rest.
                }
                string[] changed = [.. _changed.Keys];
                foreach (string path in changed)
                    _changed.TryRemove(path, out _);
                string[] mattering = [.. await SourceFiles.WithoutIgnoredAsync(changed, _ending.Token)];
                if (mattering.Length == 0)
                    continue;
                Changed(_log, mattering.Length == 1 ? mattering[0] : $"{mattering[0]} and {mattering.Length - 1} more");
                await _reload();
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(3020, LogLevel.Information, "watching {Directories}")]
    private static partial void Watching(ILogger log, string directories);

    [LoggerMessage(3021, LogLevel.Information, "{What} changed: reloading")]
    private static partial void Changed(ILogger log, string what);
}
