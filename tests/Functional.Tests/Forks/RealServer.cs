using System.Diagnostics;

namespace Functional.Tests.Forks;

/// <summary>PostgreSQL or Redis from Debian's packages, on a Unix socket in a directory of its own, for one test.</summary>
internal sealed class RealServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly Process _process;

    private RealServer(TemporaryFolder folder, Process process) => (_folder, _process) = (folder, process);

    /// <summary>PostgreSQL; <see cref="Directory"/> is the <c>host</c> of a connection, the user is postgres.</summary>
    public static async Task<RealServer> StartPostgresAsync()
    {
        string programs = Path.Combine(System.IO.Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Last(), "bin");
        var folder = new TemporaryFolder();
        string data = folder.File("data");
        // It refuses to run as root.
        string[] asUser = Environment.UserName == "root" ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
        if (asUser.Length > 0)
            await RunAsync(["chown", "postgres:postgres", folder.Path]);
        await RunAsync([.. asUser, Path.Combine(programs, "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--locale=C"]);
        var server = new RealServer(folder, Start(
            [.. asUser, Path.Combine(programs, "postgres"), "-D", data, "-k", folder.Path, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=300", "-c", "shared_buffers=16MB"]));
        await server.UntilAsync(() => IsReady(programs, folder.Path), "PostgreSQL");
        return server;
    }

    /// <summary>Redis on the socket <c>redis.sock</c> in <see cref="Directory"/>.</summary>
    public static async Task<RealServer> StartRedisAsync()
    {
        var folder = new TemporaryFolder();
        var server = new RealServer(folder, Start(
            ["redis-server", "--port", "0", "--unixsocket", folder.File("redis.sock"), "--save", "", "--daemonize", "no", "--dir", folder.Path]));
        await server.UntilAsync(() => File.Exists(folder.File("redis.sock")), "Redis");
        return server;
    }

    public string Directory => _folder.Path;

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Processes.Signal(_process.Id, "INT"); // PostgreSQL: ends sessions and stops; Redis: stops
            await _process.WaitForExitAsync().WaitAsync(LannerServer.Patience);
        }
        _process.Dispose();
        _folder.Dispose();
    }

    private static bool IsReady(string programs, string directory)
    {
        using Process asking = Start([Path.Combine(programs, "pg_isready"), "-q", "-h", directory]);
        asking.WaitForExit();
        return asking.ExitCode == 0;
    }

    private async Task UntilAsync(Func<bool> ready, string name)
    {
        for (long begun = Stopwatch.GetTimestamp(); !ready(); await Task.Delay(50))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(begun) > LannerServer.Patience)
                throw new InvalidOperationException($"{name} did not start");
        }
    }

    private static async Task RunAsync(string[] command)
    {
        using Process process = Start(command);
        await process.WaitForExitAsync().WaitAsync(LannerServer.Patience);
        if (process.ExitCode != 0)
            throw new InvalidOperationException(string.Join(' ', command) + $" ended with {process.ExitCode}");
    }

    private static Process Start(string[] command)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >/dev/null 2>&1", "sh", .. command]) { WorkingDirectory = "/tmp" };
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }
}
