using System.Globalization;
using System.Text;

namespace Lanner.Server.Configuration;

/// <summary>
/// The difference of two texts, line by line, in the unified form of <c>diff -u</c>. Finds a shortest one (Myers, "An O(ND) Difference
/// Algorithm"); of texts that differ in very many lines, all between the first and the last difference counts as changed.
/// </summary>
internal static class TextDiff
{
    private const int Context = 3;

    /// <summary>Beyond so many differences nobody reads them, and finding the fewest takes long.</summary>
    private const int MostSteps = 2000;

    /// <returns>Empty when the texts are the same.</returns>
    public static string Unified(string before, string after, string name)
    {
        if (before == after)
            return "";
        string[] old = Lines(before);
        string[] fresh = Lines(after);
        List<Line> lines = Compare(old, fresh);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"--- {name}\n+++ {name}\n");
        for (int i = 0; i < lines.Count;)
        {
            int first = lines.FindIndex(i, static line => line.Sign != ' ');
            if (first < 0)
                break;
            int start = Math.Max(i, first - Context);
            int end = first;
            // Differences with little between them are shown as one.
            for (int next = first; next >= 0 && next - end <= 2 * Context; next = lines.FindIndex(end, static line => line.Sign != ' '))
                end = next + 1;
            i = Math.Min(lines.Count, end + Context);
            Write(text, lines, start, i);
        }
        return text.ToString();
    }

    private static void Write(StringBuilder text, List<Line> lines, int start, int end)
    {
        List<Line> hunk = lines[start..end];
        int oldCount = hunk.Count(static line => line.Sign != '+');
        int newCount = hunk.Count(static line => line.Sign != '-');
        int oldStart = lines.Take(start).Count(static line => line.Sign != '+') + (oldCount > 0 ? 1 : 0);
        int newStart = lines.Take(start).Count(static line => line.Sign != '-') + (newCount > 0 ? 1 : 0);
        text.Append(CultureInfo.InvariantCulture, $"@@ -{oldStart},{oldCount} +{newStart},{newCount} @@\n");
        foreach (Line line in hunk)
        {
            text.Append(line.Sign).Append(line.Text);
            if (!line.Text.EndsWith('\n'))
                text.Append("\n\\ No newline at end of file\n");
        }
    }

    /// <summary>The lines, each with its end.</summary>
    private static string[] Lines(string text)
    {
        List<string> lines = [];
        for (int start = 0; start < text.Length;)
        {
            int end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            lines.Add(text[start..end]);
            start = end;
        }
        return [.. lines];
    }

    private static List<Line> Compare(string[] old, string[] fresh)
    {
        int same = 0;
        while (same < old.Length && same < fresh.Length && old[same] == fresh[same])
            same++;
        int sameEnd = 0;
        while (sameEnd < old.Length - same && sameEnd < fresh.Length - same && old[^(sameEnd + 1)] == fresh[^(sameEnd + 1)])
            sameEnd++;
        string[] oldMiddle = old[same..^sameEnd];
        string[] newMiddle = fresh[same..^sameEnd];
        return
        [
            .. old[..same].Select(static line => new Line(' ', line)),
            .. Shortest(oldMiddle, newMiddle) ?? [.. oldMiddle.Select(static line => new Line('-', line)), .. newMiddle.Select(static line => new Line('+', line))],
            .. old[^sameEnd..].Select(static line => new Line(' ', line)),
        ];
    }

    /// <summary>Walks ever more differences at a time until both ends are reached; null when that are too many.</summary>
    private static List<Line>? Shortest(string[] old, string[] fresh)
    {
        int most = Math.Min(old.Length + fresh.Length, MostSteps);
        var furthest = new int[2 * most + 3];
        List<int[]> trace = [];
        for (int step = 0; step <= most; step++)
        {
            trace.Add((int[])furthest.Clone());
            for (int diagonal = -step; diagonal <= step; diagonal += 2)
            {
                int x = IsDown(furthest, most, diagonal, step) ? furthest[most + 1 + diagonal + 1] : furthest[most + 1 + diagonal - 1] + 1;
                while (x < old.Length && x - diagonal < fresh.Length && old[x] == fresh[x - diagonal])
                    x++;
                furthest[most + 1 + diagonal] = x;
                if (x >= old.Length && x - diagonal >= fresh.Length)
                    return WalkBack(old, fresh, trace, most);
            }
        }
        return null;
    }

    private static List<Line> WalkBack(string[] old, string[] fresh, List<int[]> trace, int most)
    {
        List<Line> lines = [];
        (int x, int y) = (old.Length, fresh.Length);
        for (int step = trace.Count - 1; step >= 0; step--)
        {
            int diagonal = x - y;
            int[] furthest = trace[step];
            int from = IsDown(furthest, most, diagonal, step) ? diagonal + 1 : diagonal - 1;
            int fromX = step == 0 ? 0 : furthest[most + 1 + from];
            int fromY = step == 0 ? 0 : fromX - from;
            while (x > fromX && y > fromY)
            {
                lines.Add(new Line(' ', old[--x]));
                y--;
            }
            if (step > 0)
                lines.Add(x == fromX ? new Line('+', fresh[--y]) : new Line('-', old[--x]));
        }
        lines.Reverse();
        return lines;
    }

    /// <summary>Whether the furthest way to a diagonal comes by an added line rather than by a removed one.</summary>
    private static bool IsDown(int[] furthest, int most, int diagonal, int step) =>
        diagonal == -step || (diagonal != step && furthest[most + 1 + diagonal - 1] < furthest[most + 1 + diagonal + 1]);

    private readonly record struct Line(char Sign, string Text);
}
