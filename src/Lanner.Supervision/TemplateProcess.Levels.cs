using System.ComponentModel;
using System.Net.Sockets;
using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>The levels of loggers in the template and in the workers that it has forked.</summary>
internal sealed partial class TemplateProcess
{
    /// <summary>
    /// Tells the template, then the workers there are: one that is forked later has the levels from the template. Returns how many
    /// workers take requests, and how many of them have answered.
    /// </summary>
    internal async Task<(int Workers, int Changed)> TellLevelsAsync(int serial)
    {
        IReadOnlyList<string> levels = _surroundings.LogLevelsOf(_app.Name).For(_app).Levels;
        try
        {
            await _control.SendAsync(FrameKind.LogLevel, frame => WriteLevels(frame, levels));
        }
        catch (Exception e) when (e is SocketException or Win32Exception or ObjectDisposedException)
        {
            // It is gone; its workers are not.
        }
        bool?[] answers = await Task.WhenAll(_workers.Values.Select(worker => worker.Levels.SetAsync(levels, serial, worker, _surroundings.Time)));
        return (answers.Count(answer => answer is not null), answers.Count(answer => answer is true));
    }

    internal static void WriteLevels(MarshalWriter frame, IReadOnlyList<string> levels)
    {
        frame.Str("log_levels");
        frame.BeginList(levels.Count);
        foreach (string text in levels)
            frame.Str(text);
    }

    private async Task ConfigureWithLevelsAsync()
    {
        LogLevels levels = _surroundings.LogLevelsOf(_app.Name);
        (IReadOnlyList<string> now, int serial) = levels.For(_app);
        await ConfigureAsync(now);
        // Not before: the first that a template is told is its configuration.
        await levels.JoinAsync(this, serial);
        _ = LeaveAtTheEndAsync(levels);
    }

    private async Task LeaveAtTheEndAsync(LogLevels levels)
    {
        await _reading;
        levels.Leave(this);
    }
}
