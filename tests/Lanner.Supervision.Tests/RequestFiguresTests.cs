namespace Lanner.Supervision.Tests;

/// <summary>Requests are counted by many threads, living and gone, and none is lost.</summary>
public sealed class RequestFiguresTests
{
    [Fact]
    public void Count_ByThreadsThatComeAndGo_LosesNothing()
    {
        const int Rounds = 30, Threads = 8, Each = 2000;
        var figures = new RequestFigures();

        for (int round = 0; round < Rounds; round++)
        {
            Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
            {
                for (int i = 0; i < Each; i++)
                    figures.Count("GET", 200, 3, TimeSpan.FromMilliseconds(2), TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
            }))];
            foreach (Thread thread in threads)
                thread.Start();
            foreach (Thread thread in threads)
                thread.Join();
            // Their numbers are given to others.
            if (round % 10 == 9)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }

        const long All = Rounds * Threads * Each;
        Assert.Equal(All, figures.Requests(0, 1));
        Assert.Equal(All, figures.Errors(3));
        Assert.Equal([0, All, 0], figures.Duration.Counts.Take(3));
        Assert.Equal(All * 0.002, figures.Duration.Seconds, 6);
        Assert.Equal([All, 0], figures.Queue.Counts.Take(2));
        Assert.Equal([All, 0], figures.App.Counts.Take(2));
    }

    [Fact]
    public void Count_ThatAllocatesNothing()
    {
        var figures = new RequestFigures();
        Count(1);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Count(1000);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Count(int times)
        {
            for (int i = 0; i < times; i++)
                figures.Count("POST", 404, -1, TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        }
    }

    [Fact]
    public void Count_OfEveryMethodAndStatus_IsInItsPlace()
    {
        var figures = new RequestFigures();
        for (int method = 0; method < RequestFigures.Methods.Count; method++)
        {
            for (int status = 0; status < RequestFigures.Statuses.Count; status++)
                figures.Count(RequestFigures.Methods[method], status == 5 ? 0 : (status + 1) * 100 + 4, -1, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        }
        for (int method = 0; method < RequestFigures.Methods.Count; method++)
        {
            for (int status = 0; status < RequestFigures.Statuses.Count; status++)
                Assert.Equal(1, figures.Requests(method, status));
        }
    }
}
