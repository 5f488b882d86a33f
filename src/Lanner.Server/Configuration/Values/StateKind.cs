namespace Lanner.Server.Configuration.Values;

/// <summary>Where state is kept: a directory; on several machines, in a later version, NATS.</summary>
internal sealed class StateKind : ValueKind<string>
{
    private static readonly PathKind Directory = new("a directory such as \".lanner\"");

    public override string Type => "path";

    public override string Expected => Directory.Expected;

    public override Reading<string> Parse(string text, string baseDirectory) =>
        text.StartsWith("nats://", StringComparison.OrdinalIgnoreCase)
            ? Reading<string>.Bad($"names a NATS server, which {LaterSetting<ServerSettings>.Refusal}: name a directory")
            : Directory.Parse(text, baseDirectory);

    public override string Show(string value) => $"\"{value}\"";
}
