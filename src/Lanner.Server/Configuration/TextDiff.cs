using System.Globalization;
using System.Text;
using DiffPlex;
using DiffPlex.Chunkers;
using DiffPlex.Model;

namespace Lanner.Server.Configuration;

/// <summary>
/// The difference of two texts, line by line, in the unified form of <c>diff -u</c>. DiffPlex finds what differs; its
/// own renderer loses how lines end, and so says nothing of a last line without an end.
/// </summary>
internal static class TextDiff
{
    private const int Context = 3;

    /// <summary>Beyond so many lines that may differ nobody reads them, and finding the fewest takes long.</summary>
    private const int MostLines = 10_000;

    private static readonly CustomFunctionChunker s_lines = new(Lines);

    /// <returns>Empty when the texts are the same.</returns>
    public static string Unified(string before, string after, string name)
    {
        if (before == after) return "";
        var (old, fresh) = (Lines(before), Lines(after));
        var all = Between(old, fresh);
        var blocks = all.DeleteCountA + all.InsertCountB > MostLines ? [all] : Differ.Instance.CreateDiffs(before, after, false, false, s_lines).DiffBlocks;

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"--- {name}\n+++ {name}\n");
        for (int first = 0, next; first < blocks.Count; first = next)
        {
            // Differences with little between them are shown as one.
            next = first + 1;
            while (next < blocks.Count && blocks[next].DeleteStartA - End(blocks[next - 1]) <= 2 * Context) next++;
            Write(text, old, fresh, blocks, first, next);
        }
        return text.ToString();
    }

    private static void Write(StringBuilder text, string[] old, string[] fresh, IList<DiffBlock> blocks, int first, int next)
    {
        var (top, bottom) = (blocks[first], blocks[next - 1]);
        var above = Math.Min(Context, top.DeleteStartA);
        var below = Math.Min(Context, old.Length - End(bottom));
        var oldRange = Range(top.DeleteStartA - above, End(bottom) + below);
        var newRange = Range(top.InsertStartB - above, bottom.InsertStartB + bottom.InsertCountB + below);
        text.Append(CultureInfo.InvariantCulture, $"@@ -{oldRange} +{newRange} @@\n");
        var line = top.DeleteStartA - above;
        for (var index = first; index < next; index++)
        {
            var block = blocks[index];
            Append(text, ' ', old[line..block.DeleteStartA]);
            Append(text, '-', old[block.DeleteStartA..End(block)]);
            Append(text, '+', fresh[block.InsertStartB..(block.InsertStartB + block.InsertCountB)]);
            line = End(block);
        }
        Append(text, ' ', old[line..(line + below)]);
    }

    private static int End(DiffBlock block) => block.DeleteStartA + block.DeleteCountA;

    /// <summary>Lines count from 1; of no lines, the one before is named.</summary>
    private static string Range(int start, int end) => string.Create(CultureInfo.InvariantCulture, $"{(end > start ? start + 1 : start)},{end - start}");

    private static void Append(StringBuilder text, char sign, string[] lines)
    {
        foreach (var line in lines)
        {
            text.Append(sign).Append(line);
            if (!line.EndsWith('\n')) text.Append("\n\\ No newline at end of file\n");
        }
    }

    /// <summary>All between the first and the last difference.</summary>
    private static DiffBlock Between(string[] old, string[] fresh)
    {
        var least = Math.Min(old.Length, fresh.Length);
        var (above, below) = (0, 0);
        while (above < least && old[above] == fresh[above]) above++;
        while (below < least - above && old[^(below + 1)] == fresh[^(below + 1)]) below++;
        return new DiffBlock(above, old.Length - above - below, above, fresh.Length - above - below);
    }

    /// <summary>The lines, each with its end.</summary>
    private static string[] Lines(string text)
    {
        List<string> lines = [];
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = text.IndexOf('\n', start) is var found and >= 0 ? found + 1 : text.Length;
            lines.Add(text[start..end]);
        }
        return [.. lines];
    }
}
