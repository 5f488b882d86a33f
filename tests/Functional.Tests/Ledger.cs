namespace Functional.Tests;

/// <summary>The file to which the apps in tests/apps append one line an event, in a folder that goes with the test.</summary>
internal sealed class Ledger : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public Ledger() => File.WriteAllText(Path, "");

    public string Path => _folder.File("ledger");

    /// <summary>What tells the app of it.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["LEDGER"] = Path };

    public string[] Lines() => File.ReadAllLines(Path);

    /// <summary>How many lines begin with <paramref name="eventAndSubject"/>, for example <c>begun hang</c>.</summary>
    public int Count(string eventAndSubject) =>
        File.ReadAllLines(Path).Count(line => line.StartsWith(eventAndSubject + " ", StringComparison.Ordinal));

    /// <summary>Waits until there are that many.</summary>
    public Task UntilAsync(string eventAndSubject, int count) => Processes.UntilAsync(() => Count(eventAndSubject) == count, $"{count} × {eventAndSubject}");

    public void Dispose() => _folder.Dispose();
}
