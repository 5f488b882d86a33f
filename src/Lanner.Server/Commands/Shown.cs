using System.Globalization;

namespace Lanner.Server.Commands;

/// <summary>Figures and texts as people read them, without blanks, so that a script can split the columns.</summary>
internal static class Shown
{
    public const string Unknown = "-";

    private static readonly (string Unit, double Seconds)[] Units = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)];

    public static string Count(long count) => count.ToString(CultureInfo.InvariantCulture);

    /// <summary>So much a second.</summary>
    public static string Rate(double rate) => rate.ToString(rate is >= 10 or 0 ? "0" : "0.0", CultureInfo.InvariantCulture);

    public static string Bytes(double bytes) => bytes switch
    {
        0 => Unknown,
        < 1024 * 1024 => Text($"{bytes / 1024:0}KB"),
        < 1024 * 1024 * 1024 => Text($"{bytes / 1024 / 1024:0.0}MB"),
        _ => Text($"{bytes / 1024 / 1024 / 1024:0.00}GB"),
    };

    /// <summary>How long ago a moment was, in its two largest units: "3h12m".</summary>
    public static string Since(DateTimeOffset? moment, TimeProvider time) => moment is { } start ? Span(time.GetUtcNow() - start) : Unknown;

    /// <summary>How long it is until a moment, in its two largest units; one that has come is "0s".</summary>
    public static string Until(DateTimeOffset? moment, TimeProvider time) => moment is { } at ? Span(at - time.GetUtcNow()) : Unknown;

    private static string Span(TimeSpan span)
    {
        var seconds = Math.Max(0, Math.Floor(span.TotalSeconds));
        for (var i = 0; i < Units.Length - 1; i++)
            if (seconds >= Units[i].Seconds)
                return Text($"{Math.Floor(seconds / Units[i].Seconds)}{Units[i].Unit}{Math.Floor(seconds % Units[i].Seconds / Units[i + 1].Seconds)}{Units[i + 1].Unit}");
        return Text($"{seconds}s");
    }

    public static string Milliseconds(double milliseconds) => milliseconds < 1000 ? Text($"{milliseconds:0}ms") : Text($"{milliseconds / 1000:0.0}s");

    /// <summary>On one line; what came from an app or a client cannot steer the terminal.</summary>
    public static string Line(string text) => Harmless(text, static letter => char.IsControl(letter));

    /// <summary>On several lines.</summary>
    public static string Lines(string text) => Harmless(text, static letter => char.IsControl(letter) && letter is not ('\n' or '\t'));

    private static string Harmless(string text, Func<char, bool> isHarmful) =>
        text.Any(isHarmful) ? string.Concat(text.Select(letter => isHarmful(letter) ? '\uFFFD' : letter)) : text;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
