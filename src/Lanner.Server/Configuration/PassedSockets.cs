using System.Globalization;
using Lanner.Server.Configuration.Values;

namespace Lanner.Server.Configuration;

/// <summary>
/// The sockets that a service manager passes, as sd_listen_fds(3) says: $LISTEN_FDS of them, from descriptor 3 on, meant
/// for the process $LISTEN_PID. Their names, $LISTEN_FDNAMES, say nothing to the server.
/// </summary>
internal static class PassedSockets
{
    private const int First = 3;

    /// <summary>More than any unit has: a greater number is a mistake.</summary>
    private const int Most = 1024;

    /// <summary>Empty when none were passed to this process.</summary>
    public static Reading<IReadOnlyList<BindAddress>> Find(Func<string, string?> environment, int processId)
    {
        // Meant for another process: the server was started by a program that was passed them and kept the variables.
        if (environment("LISTEN_PID") != processId.ToString(CultureInfo.InvariantCulture) || environment("LISTEN_FDS") is not { } text)
            return Reading<IReadOnlyList<BindAddress>>.Good([]);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= Most
            ? Reading<IReadOnlyList<BindAddress>>.Good([.. Enumerable.Range(First, count).Select(static number => new DescriptorBindAddress(number))])
            : Reading<IReadOnlyList<BindAddress>>.Bad($"must be the number of the sockets that the service manager passes, from 0 to {Most}, not \"{text}\"");
    }
}
