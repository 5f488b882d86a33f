namespace Lanner.Supervision.Tests;

/// <summary>How many requests a process may run, from what was measured.</summary>
public class AdmissionTests
{
    [Fact]
    public void MayOpen_BeforeAnythingIsKnown_IsOneThread()
    {
        var admission = new Admission();

        Assert.True(admission.MayOpen(0));
        Assert.False(admission.MayOpen(1));
        Assert.Equal(1, admission.Depth);
    }

    [Fact]
    public void MayOpen_ForAnAppThatWaits_IsManyThreads()
    {
        var admission = new Admission();
        admission.Learn(100_000, 10_000_000, 1);

        Assert.True(admission.MayOpen(99));
        Assert.False(admission.MayOpen(100));
        Assert.Equal(1, admission.Depth);
    }

    [Fact]
    public void Depth_ForAnAppThatAnswersAtOnce_IsMany()
    {
        var admission = new Admission();
        admission.Learn(20_000, 25_000, 16);

        Assert.Equal(Admission.MaxDepth, admission.Depth);
        Assert.False(admission.MayOpen(1));
    }

    [Fact]
    public void Learn_OfFewSlowRequests_StaysWithTheMany()
    {
        var admission = new Admission();
        admission.Learn(20_000, 20_000, 16);
        for (int i = 0; i < 100; i++)
        {
            admission.Learn(30_000, 200_000_000, 1);
            admission.Learn(20_000, 20_000, 99);
        }

        Assert.InRange(admission.WallNanoseconds, 20_000, 21_000);
        Assert.Equal(Admission.MaxDepth, admission.Depth);
    }

    [Fact]
    public void Learn_OfAnAppThatChanges_Follows()
    {
        var admission = new Admission();
        admission.Learn(20_000, 20_000, 16);
        for (int i = 0; i < 400; i++)
            admission.Learn(100_000, 10_000_000, 1);

        Assert.True(admission.MayOpen(14));
        Assert.InRange(admission.WallNanoseconds, 9_000_000, 10_000_000);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 100)]
    [InlineData(5, 800)]
    [InlineData(50, 10_000)]
    public void Pause_AfterFailures_GrowsToABound(int failures, int milliseconds) =>
        Assert.Equal(milliseconds, Slot.Pause(failures).TotalMilliseconds);

    [Theory]
    [InlineData(0, "exit code 0")]
    [InlineData(3 << 8, "exit code 3")]
    [InlineData(9, "signal 9 (KILL)")]
    [InlineData(139, "signal 11 (SEGV)")]
    [InlineData(-1, "it ended, how is not known")]
    public void ToString_OfAnExit_SaysHow(int status, string text) => Assert.Equal(text, new WorkerExit(status).ToString());
}
