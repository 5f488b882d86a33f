namespace Functional.Tests;

/// <summary>wsgi.file_wrapper on files of every kind, exact to the byte, and close(), exact to the call.</summary>
public class CloseAndFilesTests(CloseAndFilesTests.Fixture fixture) : IClassFixture<CloseAndFilesTests.Fixture>
{
    /// <summary>One thread: a request behind another runs where that one ran, after all that belongs to it.</summary>
    public sealed class Fixture() : AppFixture("shapes_app", "--workers", "1", "--threads", "1");

    [Theory]
    [InlineData("/file-middle?at=1000", "", 1000, 300_000)]
    [InlineData("/file-middle?at=1000&buffered=1", "", 1000, 300_000)]
    [InlineData("/file-part?n=500&at=100", "", 100, 600)]
    [InlineData("/file-part?n=100000&at=100000&block=1000", "", 100_000, 200_000)]
    [InlineData("/bytesio?n=1000&at=10", "", 10, 1000)]
    [InlineData("/bytesio?n=100000&block=7", "", 0, 100_000)]
    [InlineData("/only-read?n=1000", "", 0, 1000)]
    [InlineData("/only-read?n=1000&close=0&block=999", "", 0, 1000)]
    [InlineData("/file-pipe", "", 0, 4096)]
    [InlineData("/file-written", "before the file\n", 0, 300_000)]
    public async Task FileWrapper_OnAnything_SendsExactlyTheRest(string target, string before, int from, int to)
    {
        byte[] body = await fixture.Server.Client.GetByteArrayAsync(target);

        byte[] expected = [.. before.Select(character => (byte)character), .. Enumerable.Range(from, to - from).Select(i => (byte)(i % 251))];
        Assert.True(body.AsSpan().SequenceEqual(expected), $"{body.Length} bytes came, {expected.Length} were expected");
    }

    [Theory]
    [InlineData("GET", "/closed?n=3", "closed")]
    [InlineData("GET", "/closed?n=0", "closed")]
    [InlineData("HEAD", "/closed?n=3", "closed")]
    [InlineData("GET", "/closed-empty", "closed-empty")]
    [InlineData("GET", "/raised-first", "raised-first")]
    [InlineData("GET", "/raised-midway", "raised-midway")]
    [InlineData("GET", "/raised-in-close", "raised-in-close")]
    [InlineData("GET", "/only-read?n=1000", "only-read")]
    [InlineData("GET", "/file", "file")]
    [InlineData("GET", "/file-part?n=10", "file")]
    [InlineData("HEAD", "/file", "file")]
    public async Task Close_AfterAnyEnd_IsCalledExactlyOnce(string method, string target, string subject)
    {
        int before = fixture.Ledger($"closed {subject} ");

        await fixture.RawAsync(target, method: method);

        // Twice: what a thread keeps of an answer is gone when the next one is made.
        Assert.Equal("one chunk\n", await fixture.Server.Client.GetStringAsync("/one"));
        Assert.Equal("one chunk\n", await fixture.Server.Client.GetStringAsync("/one"));
        Assert.Equal(before + 1, fixture.Ledger($"closed {subject} "));
    }
}
