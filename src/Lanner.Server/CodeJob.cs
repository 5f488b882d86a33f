using System.Globalization;
using Lanner.Jobs.Definitions;
using Lanner.Supervision;

namespace Lanner.Server;

/// <summary>A job of an app's code as one of the settings: each option of <c>@lanner.job</c> has the name of a key of <c>[job.NAME]</c>.</summary>
internal static class CodeJob
{
    public static JobDeclaration Declaration(string app, DeclaredJob job)
    {
        return new JobDeclaration
        {
            Name = job.Name,
            App = app,
            Source = JobSource.Code,
            Place = Text("place") ?? $"the code of the app {app}",
            Call = Text("call"),
            Cron = Text("cron"),
            Every = Text("every"),
            At = Text("at"),
            Timezone = Text("timezone"),
            Overlap = Text("overlap"),
            Missed = Text("missed"),
            MissedLimit = Number("missed_limit"),
            Retries = Number("retries"),
            RetryPause = Text("retry_pause"),
            Timeout = Text("timeout"),
            Priority = Number("priority"),
            ContextUrl = Text("context_url"),
            Arguments = Text("arguments"),
            Keep = Text("keep"),
            KeepRuns = Number("keep_runs"),
        };

        string? Text(string option) => job.Options.GetValueOrDefault(option) is { Length: > 0 } text ? text : null;

        // Whole numbers only come from Python, which refuses others; one that is too large is refused with its bounds.
        int? Number(string option) => Text(option) is not { } text ? null
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? (int)Math.Clamp(number, int.MinValue, int.MaxValue)
            : text.StartsWith('-') ? int.MinValue : int.MaxValue;
    }
}
