namespace Functional.Tests;

/// <summary>The well-behaved apps inside wsgiref's validator: an AssertionError in the app is the server's fault.</summary>
public class ValidatedTests(ValidatedTests.Fixture fixture) : IClassFixture<ValidatedTests.Fixture>
{
    public sealed class Fixture() : AppFixture("validated");

    [Fact]
    public async Task Shapes_InsideTheValidator_RaiseNothing()
    {
        string[] names =
        [
            "one", "one-with-length", "many", "tuple-of-two", "empty", "empty-strings", "write", "write-then-iterable", "lazy-start", "closed",
            "closed-empty", "reason", "cookies", "latin1", "big", "ten-kb", "bytes?n=100000", "file", "file?length=1", "file-iterated", "file-written",
            "file-empty", "bytesio", "only-read", "code/204", "code/304", "code/404?type=1&body=5",
        ];
        foreach (string name in names)
        {
            (int status, _, _) = await fixture.RawAsync("/shapes/" + name);
            Assert.True(status is > 0 and not 500 and not 502, $"{name}: {status}\n{string.Join('\n', fixture.Server.Output)}");
        }
        Assert.DoesNotContain(fixture.Server.Output, line => line.Contains("AssertionError", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("length")]
    [InlineData("read-n")]
    [InlineData("readline")]
    [InlineData("readlines")]
    [InlineData("iter")]
    public async Task Environ_InsideTheValidator_IsRight(string how)
    {
        (int none, _, _) = await fixture.RawAsync($"/environ/a%2Fb?how={how}");
        (int small, _, _) = await fixture.RawAsync($"/environ?how={how}", "Content-Length: 6\r\nContent-Type: text/plain\r\n", "POST", "a\nb\nc\n");
        (int inFile, _, _) = await fixture.RawAsync($"/environ?how={how}", "Content-Length: 100000\r\n", "PUT", new string('x', 100_000));
        (int demo, _, _) = await fixture.RawAsync("/demo");

        Assert.Equal((200, 200, 200, 200), (none, small, inFile, demo));
    }
}
