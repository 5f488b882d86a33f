using System.Globalization;
using System.Text.RegularExpressions;
using Lanner.Jobs.Schedules;
using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>
/// uWSGI's cron options. They run commands of the shell, where a job calls a function: the job calls the function that runs the
/// command, and waits for its end.
/// </summary>
internal sealed partial class UwsgiCron(MigratedServer migrated)
{
    private static readonly string[] Fields = ["minute", "hour", "day", "month", "week"];
    private static readonly (int Least, int Most)[] Ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];

    /// <summary>Makes a job of the line, or says why not.</summary>
    public void Take(UwsgiLine line)
    {
        if (Read(line) is not { } read)
            return;
        string? cron = Schedule(read.Times);
        try
        {
            _ = new CronSchedule(cron ?? throw new FormatException("no instant fits"), "UTC");
        }
        catch (FormatException problem)
        {
            migrated.Refuse(line.Option, $"it is never due: {problem.Message}");
            return;
        }
        string timeout = read.Timeout is { } seconds ? $", timeout = {TomlText.Number(seconds)}" : "";
        var job = migrated.AddJob();
        migrated.Give(line.Option, job, "call", "\"subprocess:check_call\"");
        migrated.Give(line.Option, job, "cron", TomlText.Text(cron));
        migrated.Give(line.Option, job, "overlap", read.IsUnique ? "\"skip\"" : "\"allow\"");
        migrated.Give(line.Option, job, "missed", "\"skip\"");
        migrated.Give(line.Option, job, "arguments", $"{{ args = {TomlText.List(["/bin/sh", "-c", read.Command])}{timeout} }}");
        migrated.Change(line.Option, $"as the job {job.Name}, in which the shell runs the command: what it prints goes to the server's log, and a stop of the server does not end it; "
            + "a function of the app in call has log, traceback and context of its own. uWSGI goes by local time, jobs by UTC unless timezone says otherwise");
    }

    private (int[] Times, string Command, bool IsUnique, int? Timeout)? Read(UwsgiLine line)
    {
        bool isUnique = line.Key == "unique-cron";
        if (line.Key != "cron2")
        {
            if (PlainForm().Match(line.Value) is { Success: true } plain && Numbers(plain.Groups["time"].Captures.Select(static capture => capture.Value)) is { } times)
                return (times, plain.Groups["command"].Value, isUnique, null);
            migrated.Refuse(line.Option, "it is not MINUTE HOUR DAY MONTH WEEKDAY COMMAND, with -1 for every and -N for every N-th");
            return null;
        }
        // Options are one word: what follows them is the command; without options uWSGI wants a blank first.
        string[] parts = line.Value.Split(' ', 2, StringSplitOptions.TrimEntries);
        int[] given = [-1, -1, -1, -1, -1];
        int? timeout = null;
        if (parts is not [var options, { Length: > 0 } command])
        {
            migrated.Refuse(line.Option, "it is not OPTIONS COMMAND, such as minute=30,hour=23 COMMAND");
            return null;
        }
        foreach (string option in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (option.Split('=', 2) is not [var key, var value] || !int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
            {
                migrated.Refuse(line.Option, $"{option} has no counterpart");
                return null;
            }
            int field = Array.IndexOf(Fields, key);
            if (field >= 0) given[field] = number;
            else if (key == "unique") isUnique = number != 0;
            else if (key == "harakiri" && number > 0) timeout = number;
            else
            {
                migrated.Refuse(line.Option, $"{option} has no counterpart");
                return null;
            }
        }
        return (given, command, isUnique, timeout);
    }

    private static int[]? Numbers(IEnumerable<string> texts)
    {
        var numbers = new List<int>();
        foreach (string text in texts)
        {
            if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)) return null;
            numbers.Add(number);
        }
        return [.. numbers];
    }

    /// <summary>The five fields as cron has them; null: nothing fits.</summary>
    private static string? Schedule(int[] times)
    {
        var fields = times.Zip(Ranges, Field).ToArray();
        return fields.Contains("") ? null : string.Join(' ', fields);
    }

    /// <summary>-1 is every; -N is each number that N divides, which cron's steps are only where they count from 0.</summary>
    private static string Field(int time, (int Least, int Most) range)
    {
        if (time == -1) return "*";
        if (time >= 0) return TomlText.Number(time);
        long step = -(long)time;
        if (range.Least == 0 && range.Most > 6 && step <= range.Most) return $"*/{TomlText.Number(step)}";
        return string.Join(',', Enumerable.Range(range.Least, range.Most - range.Least + 1).Where(number => number % step == 0));
    }

    [GeneratedRegex(@"\A\s*(?:(?<time>-?[0-9]+)\s+){5}(?<command>\S.*)\z", RegexOptions.Singleline)]
    private static partial Regex PlainForm();
}
