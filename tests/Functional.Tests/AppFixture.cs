namespace Functional.Tests;

/// <summary>One server for all tests of a class.</summary>
public abstract class AppFixture(string app, params string[] arguments) : IAsyncLifetime
{
    internal LannerServer Server { get; private set; } = null!;

    internal TemporaryFolder Folder { get; } = new();

    internal string LedgerPath => Folder.File("ledger");

    public async Task InitializeAsync()
    {
        File.WriteAllText(LedgerPath, "");
        byte[] content = new byte[300_000];
        for (int i = 0; i < content.Length; i++)
            content[i] = (byte)(i % 251);
        await File.WriteAllBytesAsync(Folder.File("shapes"), content);
        Server = await LannerServer.StartAppAsync(app, [.. arguments, .. MoreArguments()], new Dictionary<string, string>
        {
            ["LEDGER"] = LedgerPath,
            ["SHAPES_FILE"] = Folder.File("shapes"),
        });
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        Folder.Dispose();
    }

    protected virtual IEnumerable<string> MoreArguments() => [];

    /// <summary>The ledger's lines that hold the text.</summary>
    internal int Ledger(string text) => File.ReadAllLines(LedgerPath).Count(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Sends a request line and headers as they are; gives status line, head and body of the answer.</summary>
    internal async Task<(int Status, string Head, string Body)> RawAsync(string target, string headers = "", string method = "GET", string body = "")
    {
        string text = await RawConnection.ExchangeAsync(
            Server.Address, $"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n{body}");
        if (!text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal))
            return (0, "", text);
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (int.Parse(text.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture), text[..end], text[(end + 4)..]);
    }
}
