using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

/// <summary>Which version of the live settings a worker has.</summary>
public sealed partial class WorkerHandle
{
    private readonly List<(long Version, TaskCompletionSource Done)> _confirmations = [];
    private long _confirmedSettings;
    private long _sentSettings;

    /// <summary>The newest version of the live settings that it has been sent.</summary>
    internal long SentSettings => Interlocked.Read(ref _sentSettings);

    /// <summary>What begins in it sees this version of the live settings, or a newer one.</summary>
    internal long ConfirmedSettings
    {
        get
        {
            lock (_confirmations)
                return _confirmedSettings;
        }
    }

    /// <summary>Sends a version of the live settings; what becomes of it is told by <see cref="ConfirmsAsync"/>.</summary>
    internal Task SendSettingsAsync(long version, SafeFileHandle file)
    {
        long sent;
        while ((sent = SentSettings) < version && Interlocked.CompareExchange(ref _sentSettings, version, sent) != sent)
        {
        }
        return TellAsync(
            FrameKind.Settings,
            frame =>
            {
                frame.Str("version");
                frame.DecimalStr(version);
            },
            [file]);
    }

    /// <summary>Done when what begins in the worker sees this version or a newer one; or when it is gone.</summary>
    internal Task ConfirmsAsync(long version)
    {
        lock (_confirmations)
        {
            if (_confirmedSettings >= version)
                return Task.CompletedTask;
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _confirmations.Add((version, done));
            return done.Task;
        }
    }

    private void Confirmed(long version)
    {
        lock (_confirmations)
        {
            _confirmedSettings = Math.Max(_confirmedSettings, version);
            for (int i = _confirmations.Count - 1; i >= 0; i--)
            {
                if (_confirmations[i].Version > _confirmedSettings)
                    continue;
                _confirmations[i].Done.TrySetResult();
                _confirmations.RemoveAt(i);
            }
        }
    }
}
