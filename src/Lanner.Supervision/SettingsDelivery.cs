using Lanner.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

/// <summary>
/// Brings versions of an app's live settings to its workers, whatever their generation. A worker takes part from before
/// its first request until its end; a version counts as delivered when every one of them has confirmed it, or has ended,
/// or is given no requests any more.
/// </summary>
public sealed partial class SettingsDelivery
{
    private readonly Lock _gate = new();
    private readonly HashSet<WorkerHandle> _workers = [];
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private SettingsVersion _current = SettingsVersion.None;

    internal SettingsDelivery(TimeProvider time, ILogger log)
    {
        _time = time;
        _log = log;
    }

    /// <summary>The version that the newest process begins with; 0 when there is none.</summary>
    public long Version
    {
        get
        {
            lock (_gate)
                return _current.Number;
        }
    }

    /// <summary>Makes the changes that workers ask for; null: there are no live settings.</summary>
    public Func<SettingsChange, Task<SettingsAnswer>>? ChangeWanted { get; set; }

    /// <summary>Takes a worker out of use that does not confirm, and has it replaced.</summary>
    internal Action<WorkerHandle>? GiveUp { get; init; }

    /// <summary>
    /// The version with which processes begin that are started from now on, and which those that run are given; done when
    /// every worker has it. One that does not confirm within <paramref name="patience"/> gets no further request and is replaced.
    /// </summary>
    /// <param name="number">Greater than that of the version before.</param>
    /// <param name="json">A JSON object in UTF-8.</param>
    /// <param name="patience">How long a worker may take.</param>
    public async Task DeliverAsync(long number, ReadOnlyMemory<byte> json, TimeSpan patience)
    {
        var version = SettingsVersion.Make(number, json.Span);
        SettingsVersion before;
        WorkerHandle[] workers;
        lock (_gate)
        {
            if (number <= _current.Number)
                throw new ArgumentOutOfRangeException(nameof(number), number, $"version {_current.Number} has been delivered");
            (before, _current) = (_current, version);
            workers = [.. _workers];
        }
        Task[] confirmed = [.. workers.Select(worker => ConfirmAsync(worker, version))];
        Task all = Task.WhenAll(confirmed);
        try
        {
            await all.WaitAsync(patience, _time);
        }
        catch (TimeoutException)
        {
            for (int i = 0; i < workers.Length; i++)
            {
                if (confirmed[i].IsCompleted)
                    continue;
                lock (_gate)
                    _workers.Remove(workers[i]);
                NotConfirmed(_log, workers[i].Slot, workers[i].Pid, number, patience.TotalSeconds);
                GiveUp?.Invoke(workers[i]);
            }
        }
        before.Dispose();
    }

    /// <summary>The worker is ready but has no request yet: done when it has a version that is still the newest, and gets all that follow.</summary>
    internal async Task JoinAsync(WorkerHandle worker)
    {
        while (true)
        {
            SettingsVersion version;
            lock (_gate)
            {
                if (worker.State == WorkerState.Exited)
                    return;
                if (worker.ConfirmedSettings >= _current.Number)
                {
                    _workers.Add(worker);
                    _ = LeaveAsync(worker);
                    return;
                }
                version = _current;
            }
            await ConfirmAsync(worker, version);
        }
    }

    /// <summary>Sends a worker the newest version, if it has not been sent that one; its confirmation is not waited for.</summary>
    internal async Task SendCurrentAsync(WorkerHandle worker)
    {
        SettingsVersion version;
        do
        {
            lock (_gate)
                version = _current;
        }
        while (!await TrySendAsync(worker, version));
    }

    /// <summary>What a process is given at its start: number and file, null when there are no settings. The file is the caller's to close.</summary>
    internal (long Number, SafeFileHandle? File) ForStart()
    {
        lock (_gate)
            return (_current.Number, _current.Number == 0 ? null : _current.Open());
    }

    /// <summary>A worker asks for a change: makes it and answers.</summary>
    internal async Task AnswerAsync(WorkerHandle worker, Dictionary<string, object?> entries)
    {
        string patch = entries.Text("patch"), request = entries.Text("request");
        string by = $"worker {worker.Slot} (pid {worker.Pid}){(request.Length > 0 ? $", request {request}" : "")}";
        SettingsAnswer answer = ChangeWanted is { } change
            ? await change(new SettingsChange(patch.Length > 0 ? patch : entries.Text("whole"), patch.Length == 0, entries.Whole("if_version"), by))
            : new SettingsAnswer(Version, "not-stored", "this server keeps no live settings", []);
        // The answer may be the worker's first news of the version: while it starts, none is sent to it otherwise.
        if (Version > 0)
            await SendCurrentAsync(worker);
        await worker.TellAsync(FrameKind.Answer, frame =>
        {
            frame.Str("number");
            frame.Int(entries.Number("number"));
            frame.Str("version");
            frame.DecimalStr(answer.Version);
            frame.Str("code");
            frame.Str(answer.Code);
            frame.Str("message");
            frame.Str(answer.Message);
            frame.Str("problems");
            frame.BeginList(answer.Problems.Count);
            foreach ((string path, string reason) in answer.Problems)
            {
                frame.BeginTuple(2);
                frame.Str(path);
                frame.Str(reason);
            }
        });
    }

    private static async Task ConfirmAsync(WorkerHandle worker, SettingsVersion version)
    {
        if (await TrySendAsync(worker, version))
            await worker.ConfirmsAsync(version.Number);
    }

    /// <summary>False when another version has taken this one's place.</summary>
    private static async Task<bool> TrySendAsync(WorkerHandle worker, SettingsVersion version)
    {
        if (worker.SentSettings >= version.Number)
            return true;
        SafeFileHandle file;
        try
        {
            file = version.Open();
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        using (file)
            await worker.SendSettingsAsync(version.Number, file);
        return true;
    }

    private async Task LeaveAsync(WorkerHandle worker)
    {
        await worker.Exited;
        lock (_gate)
            _workers.Remove(worker);
    }

    [LoggerMessage(2070, LogLevel.Error, "worker {Slot} (pid {Pid}) has not confirmed version {Version} of the settings within {Seconds} s (settings_timeout): it gets no further request and is replaced")]
    private static partial void NotConfirmed(ILogger log, int slot, int pid, long version, double seconds);
}

/// <summary>A change that code in a worker wants.</summary>
/// <param name="Json">A JSON object: a merge patch, or all settings anew.</param>
/// <param name="IsWhole">Whether it is all of them.</param>
/// <param name="IfVersion">Only if the settings have this version; null: whatever they have.</param>
/// <param name="By">The worker, and the request's id if there is one.</param>
public sealed record SettingsChange(string Json, bool IsWhole, long? IfVersion, string By);

/// <summary>What became of it.</summary>
/// <param name="Version">The version that the settings have now.</param>
/// <param name="Code">Empty when it is done; else a word for why not.</param>
/// <param name="Message">Why not, in one sentence.</param>
/// <param name="Problems">Path and reason of each value that is not valid.</param>
public sealed record SettingsAnswer(long Version, string Code, string Message, IReadOnlyList<(string Path, string Reason)> Problems);

/// <summary>A version of the settings in a nameless file, which each process reads for itself.</summary>
internal sealed class SettingsVersion : IDisposable
{
    private readonly SafeFileHandle? _file;

    private SettingsVersion(long number, SafeFileHandle? file)
    {
        Number = number;
        _file = file;
    }

    public static SettingsVersion None { get; } = new(0, null);

    public long Number { get; }

    public static SettingsVersion Make(long number, ReadOnlySpan<byte> json)
    {
        SafeFileHandle file = Posix.SharedMemory("lanner-settings", json.Length);
        RandomAccess.Write(file, json, 0);
        return new SettingsVersion(number, file);
    }

    /// <summary>A descriptor of its own for the same file.</summary>
    /// <exception cref="ObjectDisposedException">A later version has taken its place.</exception>
    public SafeFileHandle Open() => Posix.Duplicate(_file!);

    public void Dispose() => _file?.Dispose();
}
