using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;

namespace Lanner.Server.Commands;

/// <summary>One run of a command that talks to a server: whom it asks and where it writes.</summary>
/// <param name="Client">The server.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="IsTerminal">Whether a person looks at the output.</param>
/// <param name="Json">Whether the API's own answer is wanted.</param>
internal sealed record ControlSession(ControlClient Client, TextWriter Output, TextWriter Error, bool IsTerminal, bool Json)
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public IAnsiConsole Terminal() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Output) });

    public void Write(TextTable table)
    {
        if (IsTerminal) Terminal().Write(table.ForTerminal());
        else table.WritePlain(Output);
    }

    /// <summary>Follows the server's events until Ctrl+C or its end.</summary>
    /// <param name="take">Is given each: its name and its data.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="opened">Is called once: from then on nothing is missed.</param>
    public async Task FollowAsync(Func<string, JsonElement, Task> take, CancellationToken cancellationToken, Func<Task>? opened = null)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        try
        {
            await Client.FollowAsync("/v1/events", take, end.Token, opened);
        }
        catch (OperationCanceledException)
        {
            // Asked for.
        }

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            end.Cancel();
        }
    }

    /// <summary>The exit code of a change that did not come about, with Python's traceback before the sentence.</summary>
    public int TellNotLoaded(ControlRefusal refusal, string what)
    {
        if (refusal.Traceback.Length > 0) Error.WriteLine(Shown.Lines(refusal.Traceback.TrimEnd('\n')));
        Error.WriteLine(Shown.Lines($"lanner: {what}: {refusal.Message}"));
        return CommandFailure.Failed;
    }
}
