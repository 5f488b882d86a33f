using System.ComponentModel;
using System.Globalization;
using System.Net.Sockets;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

/// <summary>What the template is told first: which app to load, and how.</summary>
internal sealed partial class TemplateProcess
{
    private async Task ConfigureAsync(IReadOnlyList<string> logLevels)
    {
        (long version, SafeFileHandle? settings) = _settings.ForStart();
        using SafeFileHandle? held = settings;
        try
        {
            await _control.SendAsync(FrameKind.Configure, frame =>
            {
                frame.Str("name");
                frame.Str(_app.Name);
                frame.Str("app");
                frame.Str(_app.App);
                frame.Str("app_factory");
                frame.Bool(_app.IsFactory);
                frame.Str("directory");
                frame.Str(_app.Directory);
                frame.Str("interface");
                frame.Str(_app.Interface switch { AppInterface.Wsgi => "wsgi", AppInterface.Asgi => "asgi", _ => "" });
                frame.Str("start");
                frame.Str(_app.Start == StartMethod.Spawn ? "spawn" : "fork");
                frame.Str("preload");
                frame.Bool(_app.Preload && _app.Start == StartMethod.Fork);
                frame.Str("on_shared");
                frame.Str(_app.OnShared switch { OnShared.Warn => "warn", OnShared.Refuse => "refuse", _ => "sever" });
                frame.Str("workers");
                frame.Int(_app.Workers);
                frame.Str("threads");
                frame.Int(_app.Threads);
                frame.Str("setup");
                frame.BeginList(_app.Setup.Count);
                foreach (string function in _app.Setup)
                    frame.Str(function);
                frame.Str("job_calls");
                frame.BeginList(_app.JobCalls.Count);
                foreach (string function in _app.JobCalls)
                    frame.Str(function);
                frame.Str("spawn_threads");
                frame.Int(_app.SpawnThreads);
                frame.Str("user");
                frame.Str(_app.User ?? "");
                frame.Str("group");
                frame.Str(_app.Group ?? "");
                frame.Str("nofile");
                frame.DecimalStr(_app.Limits.OpenFiles ?? -1);
                frame.Str("as");
                frame.DecimalStr(_app.Limits.AddressSpace ?? -1);
                frame.Str("nice");
                frame.DecimalStr(_app.Limits.Nice ?? 0);
                frame.Str("peer");
                frame.Str(_app.Peer ?? "");
                WriteLevels(frame, logLevels);
                frame.Str("generation");
                frame.Int(Generation);
                frame.Str("settings");
                frame.Str(version == 0 ? "" : version.ToString(CultureInfo.InvariantCulture));
            }, settings is null ? [_surroundings.LocksOf(_app.Name), _counted.Shared] : [_surroundings.LocksOf(_app.Name), _counted.Shared, settings]);
        }
        catch (Exception e) when (e is SocketException or Win32Exception)
        {
            // It ended at once; the reading loop tells why.
        }
    }
}
