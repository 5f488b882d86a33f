namespace Lanner.Server.Configuration.Values;

/// <summary>Where the server's log goes: "-" for standard error, or a file (made absolute).</summary>
internal sealed class LogKind : ValueKind<string>
{
    public override string Type => "\"-\" | path";

    public override string Expected => "\"-\" for standard error, or a file";

    public override Reading<string> Parse(string text, string baseDirectory) => text switch
    {
        "" => Wrong(text),
        "-" => Reading<string>.Good(text),
        _ => Reading<string>.Good(Path.GetFullPath(text, baseDirectory)),
    };

    public override string Show(string value) => $"\"{value}\"";
}
