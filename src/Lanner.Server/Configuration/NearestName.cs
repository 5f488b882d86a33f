namespace Lanner.Server.Configuration;

/// <summary>
/// Finds the name that a mistyped one was meant to be: the fewest letters inserted, left out, changed or swapped, and
/// no more than a third of them, or two of five. Dashes and underscores are the same.
/// </summary>
internal static class NearestName
{
    public static string? Find(string mistyped, IEnumerable<string> names)
    {
        var wanted = Folded(mistyped);
        var (best, bestDistance) = ((string?)null, Math.Max(wanted.Length >= 5 ? 2 : 1, wanted.Length / 3) + 1);
        foreach (var name in names)
        {
            var distance = Distance(wanted, Folded(name));
            if (distance < bestDistance) (best, bestDistance) = (name, distance);
        }
        return best;
    }

    private static string Folded(string name) => name.ToLowerInvariant().Replace('-', '_');

    /// <summary>The optimal string alignment distance, over three rows.</summary>
    private static int Distance(string a, string b)
    {
        var (beforeLast, last, row) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++) last[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(last[j] + 1, row[j - 1] + 1), last[j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
            }
            (beforeLast, last, row) = (last, row, beforeLast);
        }
        return last[b.Length];
    }
}
