using System.Globalization;

namespace Lanner.Server.Configuration.Values;

/// <summary>Any text but an empty one.</summary>
internal sealed class TextKind(string expected) : ValueKind<string>
{
    public override string Type => "text";

    public override string Expected => expected;

    public override Reading<string> Parse(string text, string baseDirectory) =>
        text.Length == 0 || text.Contains('\0', StringComparison.Ordinal) ? Wrong(text) : Reading<string>.Good(text);

    public override string Show(string value) => $"\"{value}\"";
}

/// <summary>A path, made absolute.</summary>
internal sealed class PathKind(string expected) : ValueKind<string>
{
    public override string Type => "path";

    public override string Expected => expected;

    public override Reading<string> Parse(string text, string baseDirectory) =>
        text.Length == 0 || text.Contains('\0', StringComparison.Ordinal)
            ? Wrong(text)
            : Reading<string>.Good(Path.GetFullPath(text, baseDirectory));

    public override string Show(string value) => $"\"{value}\"";
}

/// <summary>true or false.</summary>
internal sealed class BooleanKind : ValueKind<bool>
{
    public override string Type => "true or false";

    public override string Expected => "true or false";

    public override Reading<bool> Read(TomlValue value, string baseDirectory) =>
        value.Content is bool flag ? Reading<bool>.Good(flag) : Wrong(value);

    public override Reading<bool> Parse(string text, string baseDirectory) =>
        bool.TryParse(text, out var value) ? Reading<bool>.Good(value) : Wrong(text);

    public override string Show(bool value) => value ? "true" : "false";
}

/// <summary>A whole number within bounds.</summary>
internal sealed class WholeNumberKind(int least, int most) : ValueKind<int>
{
    public override string Type => "number";

    public override string Expected => $"a whole number from {least} to {most}";

    public override Reading<int> Read(TomlValue value, string baseDirectory) =>
        value.Content is long number && number >= least && number <= most
            ? Reading<int>.Good((int)number)
            : Wrong(value);

    public override Reading<int> Parse(string text, string baseDirectory) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? Reading<int>.Good(number)
            : Wrong(text);

    public override string Show(int value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One of a few words.</summary>
internal sealed class ChoiceKind<T>(params (string Word, T Value)[] choices) : ValueKind<T>
    where T : struct, Enum
{
    public override string Type => string.Join(" | ", choices.Select(choice => $"\"{choice.Word}\""));

    public override string Expected => $"one of {string.Join(", ", choices.Select(choice => $"\"{choice.Word}\""))}";

    public override Reading<T> Parse(string text, string baseDirectory)
    {
        foreach (var (word, value) in choices)
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase)) return Reading<T>.Good(value);
        return NearestName.Find(text, choices.Select(choice => choice.Word)) is { } near
            ? Reading<T>.Bad($"must be {Expected}, not \"{text}\": did you mean \"{near}\"?")
            : Wrong(text);
    }

    public override string Show(T value)
    {
        foreach (var (word, choice) in choices)
            if (EqualityComparer<T>.Default.Equals(choice, value)) return $"\"{word}\"";
        return "–";
    }
}
