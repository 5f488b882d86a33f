using System.Globalization;
using System.Text.Json;
using Lanner.Supervision;

namespace Lanner.Server.Commands;

/// <summary><c>lanner stacks</c>: what every thread does, of one worker, of an app's workers, or of all.</summary>
internal static class StacksCommand
{
    public static async Task<int> RunAsync(ControlSession session, string? target, CancellationToken cancellationToken)
    {
        var single = false;
        var pids = new List<long>();
        if (target is null || !IsNumber(target)) pids.AddRange(await WorkersAsync(session, target, cancellationToken));
        else
        {
            // A worker that is gone may have left its stacks; an app may have a number for a name.
            pids.AddRange(await NamedAsync(session, target, cancellationToken));
            single = pids.Count == 0;
            if (single) pids.Add(long.Parse(target, CultureInfo.InvariantCulture));
        }
        // At once: one that is stuck takes a second.
        var replies = (await Task.WhenAll(pids.Select(pid => AskAsync(session, pid, mayBeGone: !single, cancellationToken)))).OfType<ControlReply>().ToArray();
        if (session.Json) session.Output.WriteLine(single ? replies[0].Text : $"[{string.Join(',', replies.Select(static reply => reply.Text))}]");
        else foreach (var reply in replies) session.Output.WriteLine(Shown.Lines(Text(reply.Json)));
        return 0;
    }

    /// <summary>Null when the worker ended since it was listed.</summary>
    private static async Task<ControlReply?> AskAsync(ControlSession session, long pid, bool mayBeGone, CancellationToken cancellationToken)
    {
        try
        {
            return await session.Client.GetAsync($"/v1/workers/{pid}/stacks", cancellationToken);
        }
        catch (ControlRefusal) when (mayBeGone)
        {
            return null;
        }
    }

    private static bool IsNumber(string target) => target.Length < 10 && target.All(char.IsAsciiDigit);

    private static async Task<IEnumerable<long>> WorkersAsync(ControlSession session, string? app, CancellationToken cancellationToken)
    {
        var reply = await session.Client.GetAsync(app is null ? "/v1/workers" : $"/v1/apps/{Uri.EscapeDataString(app)}/workers", cancellationToken);
        return reply.Json.Elements("workers").Where(static worker => worker.Text("state") is "ready" or "draining").Select(static worker => worker.Whole("pid"));
    }

    private static async Task<IEnumerable<long>> NamedAsync(ControlSession session, string name, CancellationToken cancellationToken)
    {
        var status = await session.Client.GetAsync("/v1/status", cancellationToken);
        return status.Json.Elements("apps").Any(app => app.Text("name") == name) ? await WorkersAsync(session, name, cancellationToken) : [];
    }

    /// <summary>As the log writes them.</summary>
    private static string Text(JsonElement json)
    {
        var report = new StackReport((int)json.Whole("pid"), (int)json.Whole("slot"), json.Moment("at") ?? default, json.Flag("answered"),
        [
            .. json.Elements("threads").Select(static thread => new ThreadStack
            {
                Name = thread.Text("name"),
                Request = thread.Text("request"),
                Seconds = thread.Number("seconds"),
                State = thread.Text("state"),
                Frames = [.. thread.Texts("frames")],
                IsResting = thread.Flag("resting"),
            }),
        ]);
        return string.Create(CultureInfo.InvariantCulture, $"{json.Text("app")}.{report.Slot} (pid {report.Pid}) at {report.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC\n{report}");
    }
}
