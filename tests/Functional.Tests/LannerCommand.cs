using System.Diagnostics;

namespace Functional.Tests;

/// <summary>A command of the program that goes on writing.</summary>
internal sealed class LannerCommand : IDisposable
{
    private readonly Process _process;

    private LannerCommand(Process process) => _process = process;

    public static LannerCommand Start(params string[] arguments) => StartAs([], arguments);

    /// <summary>The same by a parent: a command that is given the program with its arguments, and becomes it.</summary>
    public static LannerCommand StartAs(string[] parent, params string[] arguments)
    {
        string[] command = [.. parent, Checkout.Server, .. arguments];
        return new(Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!);
    }

    /// <summary>The next line of its output; null at its end.</summary>
    public async Task<string?> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync().WaitAsync(LannerServer.Patience);

    public void Signal(string name) => Processes.Signal(_process.Id, name);

    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(LannerServer.Patience);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
