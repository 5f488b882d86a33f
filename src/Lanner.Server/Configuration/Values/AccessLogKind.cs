namespace Lanner.Server.Configuration.Values;

/// <summary>Where the access log goes: "off", "-" for standard output, or a file (made absolute).</summary>
internal sealed class AccessLogKind : ValueKind<string>
{
    public override string Type => "\"off\" | \"-\" | path";

    public override string Expected => "\"off\", \"-\" for standard output, or a file";

    public override Reading<string> Parse(string text, string baseDirectory) => text switch
    {
        "" => Wrong(text),
        "off" or "-" => Reading<string>.Good(text),
        _ => Reading<string>.Good(Path.GetFullPath(text, baseDirectory)),
    };

    public override string Show(string value) => $"\"{value}\"";
}
