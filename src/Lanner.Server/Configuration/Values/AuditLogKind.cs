namespace Lanner.Server.Configuration.Values;

/// <summary>Where the audit log goes: "off", or a file (made absolute).</summary>
internal sealed class AuditLogKind : ValueKind<string>
{
    public const string Off = "off";

    public override string Type => "\"off\" | path";

    public override string Expected => "\"off\", or a file";

    public override Reading<string> Parse(string text, string baseDirectory) =>
        text.Length == 0 || text.Contains('\0', StringComparison.Ordinal) ? Wrong(text)
        : text == Off ? Reading<string>.Good(text)
        : Reading<string>.Good(Path.GetFullPath(text, baseDirectory));

    public override string Show(string value) => $"\"{value}\"";
}
