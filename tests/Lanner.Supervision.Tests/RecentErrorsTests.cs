namespace Lanner.Supervision.Tests;

/// <summary>What is kept of errors and of the load.</summary>
public sealed class RecentErrorsTests
{
    private const string Traceback = "Traceback (most recent call last):\n  File \"shop.py\", line 12, in price\n    raise Refused(order)\nshop.Refused: order ";

    private readonly RecentErrors _errors = new(TimeProvider.System);

    [Fact]
    public void Add_TheSameTraceback_IsCounted()
    {
        _errors.Add("app-error", "id1", "GET", "/one", 7, Traceback + "1");
        _errors.Add("worker-died", "id2", "GET", "/two", 0, null);
        _errors.Add("app-error", "id3", "POST", "/three", 8, Traceback + "2: not now");

        IReadOnlyList<RequestError> kept = _errors.Newest();

        Assert.Equal(3, _errors.Total);
        Assert.Equal(["app-error", "worker-died"], kept.Select(error => error.Code));
        Assert.Equal((2, "id3", "/three", 8, "shop.Refused: order 2: not now"), (kept[0].Count, kept[0].RequestId, kept[0].Path, kept[0].WorkerPid, kept[0].Message));
        Assert.True(kept[0].First <= kept[0].At);
        Assert.Equal(("", "", 1L), (kept[1].Message, kept[1].Traceback, kept[1].Count));
    }

    [Fact]
    public void Add_AnotherLineOrKind_IsAnotherError()
    {
        _errors.Add("app-error", "id", "GET", "/", 7, Traceback + "1");
        _errors.Add("app-error", "id", "GET", "/", 7, Traceback.Replace("line 12", "line 13", StringComparison.Ordinal) + "1");
        _errors.Add("app-error", "id", "GET", "/", 7, Traceback.Replace("shop.Refused:", "shop.Forgotten:", StringComparison.Ordinal) + "1");

        Assert.Equal(3, _errors.Newest().Count);
    }

    [Fact]
    public void Add_Many_KeepsTheNewest()
    {
        for (int i = 0; i < RecentErrors.Most + 5; i++)
            _errors.Add("bad-response", "id", "GET", "/", 7, $"wrong in way {i}");

        Assert.Equal((RecentErrors.Most, $"wrong in way {RecentErrors.Most + 4}"), (_errors.Newest().Count, _errors.Newest()[0].Message));
        Assert.Equal("wrong in way 5", _errors.Newest()[^1].Message);
    }

    [Fact]
    public void Add_AHugeTraceback_KeepsItsStartAndItsEnd()
    {
        _errors.Add("app-error", "id", "GET", "/", 7, Traceback + new string('x', 10 * RecentErrors.LongestText) + "\nthe end");

        RequestError error = Assert.Single(_errors.Newest());
        Assert.StartsWith("Traceback", error.Traceback, StringComparison.Ordinal);
        Assert.Equal("the end", error.Message);
        Assert.True(error.Traceback.Length < RecentErrors.LongestText + 10);
    }

    [Fact]
    public void LoadHistory_OfManySeconds_KeepsTheLastAndTellsDifferences()
    {
        var history = new LoadHistory();
        var requests = new RequestFigures();
        DateTimeOffset start = new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);
        for (int i = 1; i <= LoadHistory.Most + 10; i++)
        {
            for (int count = 0; count < 100; count++)
                requests.Count("GET", 200, -1, TimeSpan.FromMilliseconds(count < 98 ? 2 : 400), TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
            history.Add(start.AddSeconds(i), new LoadFigures(i, TimeSpan.Zero, 1, 1, 8, 100 * i, 0), 2 * i, requests);
        }

        Assert.Equal(LoadHistory.Most, history.After(DateTimeOffset.MinValue).Count);
        LoadSample last = Assert.Single(history.After(start.AddSeconds(LoadHistory.Most + 9)));
        Assert.Equal((100, 2, LoadHistory.Most + 10), (last.Answered, last.Errors, last.Queued));
        Assert.Equal(1, last.MeanAppTime!.Value, 0.001);
        Assert.InRange(last.Median!.Value, 1, 2.5);
        Assert.InRange(last.Slowest!.Value, 250, 500);
        Assert.Null(last.MeanWait);
    }

    [Fact]
    public void Quantile_OfNothing_IsNone()
    {
        Assert.Null(new RequestFigures().Duration.Quantile(0.5));
        Assert.Null(new RequestFigures().Duration.Mean);
    }
}
