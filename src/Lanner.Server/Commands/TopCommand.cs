using System.Runtime.InteropServices;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Lanner.Server.Commands;

/// <summary><c>lanner top</c>: apps and workers, once a second, until q or Ctrl+C; once, when nobody looks at it.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>How often the keyboard is looked at: soon enough for a finger.</summary>
    private static readonly TimeSpan KeyPause = TimeSpan.FromMilliseconds(100);

    public static async Task<int> RunAsync(ControlSession session, CancellationToken cancellationToken)
    {
        if (session.Json)
        {
            session.Output.WriteLine((await session.Client.GetAsync("/v1/apps", cancellationToken)).Text);
            return 0;
        }
        var sample = await TopSample.TakeAsync(session, null, cancellationToken);
        if (session.IsTerminal) return await ShowAsync(session, sample, cancellationToken);
        session.Output.WriteLine(sample.Heading);
        session.Write(sample.Apps);
        session.Output.WriteLine();
        session.Write(sample.Workers);
        return 0;
    }

    private static async Task<int> ShowAsync(ControlSession session, TopSample first, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Ends in order: the terminal's cursor comes back.
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        var live = session.Terminal().Live(View(first)).Overflow(VerticalOverflow.Ellipsis).Cropping(VerticalOverflowCropping.Bottom);
        try
        {
            await live.StartAsync(async display =>
            {
                for (var sample = first; ; sample = await TopSample.TakeAsync(session, sample, end.Token))
                {
                    display.UpdateTarget(View(sample));
                    if (await IsQuitAsync(end.Token)) return;
                }
            });
        }
        catch (OperationCanceledException)
        {
            // Asked for.
        }
        return 0;

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            end.Cancel();
        }
    }

    private static Rows View(TopSample sample) =>
        new(new Text(sample.Heading), sample.Apps.ForTerminal(), sample.Workers.ForTerminal(), new Text("q ends", new Style(decoration: Decoration.Dim)));

    /// <summary>Waits for the next turn, or for a key that ends it.</summary>
    private static async Task<bool> IsQuitAsync(CancellationToken cancellationToken)
    {
        if (Console.IsInputRedirected)
        {
            await Task.Delay(Pause, cancellationToken);
            return false;
        }
        for (var waited = TimeSpan.Zero; waited < Pause; waited += KeyPause)
        {
            await Task.Delay(KeyPause, cancellationToken);
            while (Console.KeyAvailable)
                if (Console.ReadKey(intercept: true).Key is ConsoleKey.Q or ConsoleKey.Escape) return true;
        }
        return false;
    }
}
