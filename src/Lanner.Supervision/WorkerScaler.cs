namespace Lanner.Supervision;

/// <summary>
/// How many workers an app needs, judged once a second. One more as soon as requests wait or most threads are busy for two
/// looks in a row; one fewer after half a minute in which the rest would have had little to do.
/// </summary>
internal sealed class WorkerScaler
{
    private const int LooksUntilMore = 2;
    private const int LooksUntilFewer = 30;
    private const double Busy = 0.75;
    private const double Quiet = 0.4;

    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(50);

    private int _busy;
    private int _quiet;

    /// <summary>The number of workers there should be.</summary>
    public int Judge(LoadFigures load, int workers, AppDefinition app)
    {
        double share = load.Threads == 0 ? 1 : (double)load.Busy / load.Threads;
        bool isBusy = load.OldestWait > s_wait || share > Busy;
        bool isQuiet = !isBusy && load.Queued == 0 && workers > 1 && share * workers / (workers - 1) < Quiet;
        _busy = isBusy ? _busy + 1 : 0;
        _quiet = isQuiet ? _quiet + 1 : 0;
        if (_busy >= LooksUntilMore && workers < app.MostWorkers)
        {
            _busy = 0;
            // A quarter more: a large app follows a rush as quickly as a small one.
            return Math.Min(app.MostWorkers, workers + Math.Max(1, workers / 4));
        }
        if (_quiet >= LooksUntilFewer && workers > app.Workers)
        {
            _quiet = 0;
            return workers - 1;
        }
        return Math.Clamp(workers, app.Workers, app.MostWorkers);
    }
}
