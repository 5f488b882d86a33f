using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Functional.Tests.Logs;

/// <summary>
/// Four workers of eight threads log as fast as they can, while the log is rotated by the server for its size, and moved away and
/// reopened by USR1: each record is there once, whole, and those of a thread in their order.
/// </summary>
public partial class LogOrderTests
{
    private const int Threads = 4 * 8;
    private const int Records = 1000;

    /// <summary>The app's threads wait for a file before so many records.</summary>
    private const int Gate = 250;

    /// <summary>What is longer than a write of the pipe stays one entry.</summary>
    private static readonly string s_long = string.Concat(Enumerable.Repeat("é\n", 10_000));

    [Theory]
    [InlineData("json", "fork")]
    [InlineData("text", "fork")]
    [InlineData("json", "spawn")]
    public async Task Records_WhileTheLogIsRotated_ArePresentOnceWholeAndInOrder(string format, string start)
    {
        using var folder = new TemporaryFolder();
        using var ledger = new Ledger();
        string log = folder.File("server.log");
        string go = folder.File("go");
        File.WriteAllText(folder.File("lanner.toml"), $$"""
            [server]
            log = "server.log"
            log_format = "{{format}}"
            log_rotate = { size = "64KB", keep = 1000 }
            [app.x]
            app = "logging_app"
            directory = "{{Checkout.Apps}}"
            python = "{{LannerServer.DebianPython}}"
            workers = 4
            threads = 8
            start = "{{start}}"
            """);
        var environment = new Dictionary<string, string>(ledger.Environment)
        {
            ["LOGGING_GO"] = go,
            ["LOGGING_COUNT"] = Records.ToString(CultureInfo.InvariantCulture),
        };
        (int moved, int rotated) = (0, 0);
        await using (LannerServer server = await LannerServer.StartAsync(["--config", folder.File("lanner.toml")], environment, python: ""))
        {
            await ledger.UntilAsync("at", Threads);
            for (int gate = 0; gate < Records; gate += Gate)
            {
                await File.WriteAllTextAsync($"{go}.{gate}", "");
                int wanted = Threads * (gate / Gate + 2);
                int before = moved;
                await Processes.UntilAsync(() =>
                {
                    // As logrotate does, in turn with the server, which may be renaming the file just now.
                    int files = Directory.GetFiles(folder.Path, "server.log.*").Length;
                    if (files > rotated || moved == before)
                    {
                        try
                        {
                            File.Move(log, folder.File($"moved.{moved}.log"));
                            (moved, rotated) = (moved + 1, files);
                        }
                        catch (FileNotFoundException)
                        {
                        }
                    }
                    server.Signal("USR1");
                    return ledger.Count("at") == wanted && moved > before;
                }, $"all threads have logged {gate + Gate} records");
            }
            server.Signal("TERM");
            Assert.Equal(0, await server.WaitForExitAsync());
        }

        string[] all = [.. Directory.GetFiles(folder.Path).Where(path => Path.GetFileName(path).Contains(".log", StringComparison.Ordinal))];
        Assert.True(moved >= Records / Gate && all.Any(path => path.EndsWith(".log.2", StringComparison.Ordinal)), "it was rotated in both ways");
        var seen = new Dictionary<string, SortedSet<int>>();
        foreach (string file in all)
        {
            // Within a file the records of a thread follow each other; each is in one file only.
            var last = new Dictionary<string, int>();
            foreach ((string thread, int number) in format == "json" ? JsonRecords(file) : TextRecords(file))
            {
                if (last.TryGetValue(thread, out int before))
                    Assert.Equal(before + 1, number);
                last[thread] = number;
                if (!seen.TryGetValue(thread, out SortedSet<int>? numbers))
                    seen[thread] = numbers = [];
                Assert.True(numbers.Add(number), $"{thread} {number} is there twice");
            }
        }
        Assert.Equal(Threads, seen.Count);
        Assert.All(seen.Values, numbers => Assert.Equal(Enumerable.Range(0, Records), numbers));
    }

    private static IEnumerable<(string Thread, int Number)> JsonRecords(string file)
    {
        foreach (string line in File.ReadLines(file))
        {
            JsonElement entry = JsonDocument.Parse(line).RootElement;
            if (entry.GetProperty("logger").GetString() != "burst")
                continue;
            (string thread, int number) = Check(entry.GetProperty("message").GetString()!);
            Assert.Equal(thread.Split('-')[0], entry.GetProperty("fields").GetProperty("Pid").GetInt32().ToString(CultureInfo.InvariantCulture));
            if (number % 50 == 0)
                CheckTrace(entry.GetProperty("exception").GetString()!, thread, number, "\n");
            yield return (thread, number);
        }
    }

    private static IEnumerable<(string Thread, int Number)> TextRecords(string file)
    {
        foreach (string entry in Entries(File.ReadAllText(file)))
        {
            int at = entry.IndexOf(": record ", StringComparison.Ordinal);
            if (!entry.Contains(" burst: ", StringComparison.Ordinal) || at < 0)
                continue;
            string[] parts = entry[(at + 2)..].TrimEnd('\n').Split("\n  Traceback ");
            (string thread, int number) = Check(parts[0].Replace("\n  ", "\n", StringComparison.Ordinal));
            if (number % 50 == 0)
                CheckTrace("Traceback " + parts[1], thread, number, "\n  ");
            yield return (thread, number);
        }
    }

    /// <summary>An entry is a line that begins with a time, and the indented ones after it.</summary>
    private static IEnumerable<string> Entries(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        int[] starts = [.. EntryStart().Matches(text).Select(match => match.Index), text.Length];
        Assert.Equal(0, starts[0]);
        return starts.Zip(starts.Skip(1), (from, to) => text[from..to]);
    }

    private static (string Thread, int Number) Check(string message)
    {
        Match match = RecordPattern().Match(message);
        Assert.True(match.Success, message.Length > 200 ? message[..200] : message);
        int number = int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
        Assert.Equal(number % 100 == 7 ? s_long + " " : "", match.Groups[3].Value);
        return (match.Groups[1].Value, number);
    }

    private static void CheckTrace(string trace, string thread, int number, string newLine)
    {
        Assert.StartsWith("Traceback (most recent call last):" + newLine, trace, StringComparison.Ordinal);
        Assert.EndsWith($"{newLine}ValueError: cause of {thread} number {number}{newLine}in two lines", trace, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} ", RegexOptions.Multiline)]
    private static partial Regex EntryStart();

    [GeneratedRegex(@"^record (\d+-\d) number (\d+) (.*)end$", RegexOptions.Singleline)]
    private static partial Regex RecordPattern();
}
