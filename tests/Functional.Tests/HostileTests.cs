namespace Functional.Tests;

/// <summary>Workers that break the wire: their client is told, they are replaced, and nobody else notices.</summary>
public class HostileTests(HostileTests.Fixture fixture) : IClassFixture<HostileTests.Fixture>
{
    public sealed class Fixture() : AppFixture("hostile_app");

    [Theory]
    [InlineData("garbage")]
    [InlineData("text")]
    [InlineData("huge")]
    [InlineData("reserved")]
    [InlineData("wrong-number")]
    [InlineData("unknown-kind")]
    [InlineData("bad-marshal")]
    [InlineData("cut-marshal")]
    [InlineData("huge-marshal")]
    [InlineData("skipped")]
    [InlineData("skipped-itself")]
    [InlineData("bad-error")]
    [InlineData("short-file")]
    [InlineData("half")]
    [InlineData("closed")]
    public async Task Worker_ThatBreaksTheWire_IsReplaced(string how)
    {
        int template = Assert.Single(Processes.Children(fixture.Server.Pid));
        await Processes.UntilAsync(() => Processes.Children(template).Length == 2, "two workers");
        int[] before = Processes.Children(template);

        (int status, string head, _) = await fixture.RawAsync("/" + how);

        Assert.Equal(502, status);
        Assert.Contains("Lanner-Error: worker-died", head, StringComparison.Ordinal);
        Assert.Equal("fine\n", await fixture.Server.Client.GetStringAsync("/"));
        await Processes.UntilAsync(
            () => Processes.Children(template) is { Length: 2 } now && now.Except(before).Count() == 1, "one worker was replaced");
        Assert.Equal("fine\n", await fixture.Server.Client.GetStringAsync("/"));
    }
}
