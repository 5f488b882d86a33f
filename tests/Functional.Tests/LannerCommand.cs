using System.Diagnostics;

namespace Functional.Tests;

/// <summary>A command of the program that goes on writing.</summary>
internal sealed class LannerCommand : IDisposable
{
    private readonly Process _process;

    private LannerCommand(Process process) => _process = process;

    public static LannerCommand Start(params string[] arguments) =>
        new(Process.Start(new ProcessStartInfo(Checkout.Server, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!);

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
