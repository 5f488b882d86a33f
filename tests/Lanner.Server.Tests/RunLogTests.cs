namespace Lanner.Server.Tests;

public sealed class RunLogTests
{
    [Fact]
    public void Since_GivesWhatIsNew()
    {
        var log = new RunLog(1000);
        log.Add("one");
        log.Add("two");

        Assert.Equal((0, "one\ntwo\n"), Parts(log.Since(0)));
        Assert.Equal((4, "two\n"), Parts(log.Since(4)));
        Assert.Equal((8, ""), Parts(log.Since(8)));
        // Who asks for more than there is knows another log.
        Assert.Equal((0, "one\ntwo\n"), Parts(log.Since(9)));
        Assert.Equal("one\ntwo\n", log.Whole());
    }

    [Fact]
    public void Since_AfterMuch_GivesTheEndAndWhereItBegins()
    {
        var log = new RunLog(1000);
        string all = "";
        for (int i = 0; i < 500; i++)
        {
            log.Add($"line {i}");
            all += $"line {i}\n";
        }

        (long from, string text) = Parts(log.Since(0));

        Assert.InRange(text.Length, 1000, 2000);
        Assert.Equal(all[(int)from..], text);
        Assert.Equal((all.Length - 5, all[^5..]), Parts(log.Since(all.Length - 5)));
    }

    [Fact]
    public void Whole_OfMuch_IsNoLongerThanSaidAndSaysWhatIsMissing()
    {
        var log = new RunLog(1000);
        string all = "";
        for (int i = 0; i < 500; i++)
        {
            log.Add($"line {i}");
            all += $"line {i}\n";
        }

        string whole = log.Whole();

        Assert.InRange(whole.Length, 900, 1000);
        string kept = whole[(whole.IndexOf('…', StringComparison.Ordinal) + 1)..];
        Assert.EndsWith(kept, all, StringComparison.Ordinal);
        Assert.StartsWith(FormattableString.Invariant($"[{all.Length - kept.Length:N0} characters are not kept] …"), whole, StringComparison.Ordinal);
    }

    [Fact]
    public void Cut_NeverSplitsACharacter()
    {
        for (int shift = 0; shift < 4; shift++)
        {
            var log = new RunLog(100);
            log.Add(new string('x', shift) + string.Concat(Enumerable.Repeat("🦫", 150)));

            Assert.DoesNotContain('\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(log.Whole())));
            Assert.DoesNotContain('\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(log.Since(0).Text)));
        }
    }

    private static (long From, string Text) Parts(Lanner.Control.RunOutput output) => (output.From, output.Text);
}
