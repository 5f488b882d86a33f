namespace Lanner.Server.Configuration.Values;

/// <summary>The address of the control API: <c>unix:PATH</c> (made absolute) or <c>HOST:PORT</c>.</summary>
internal sealed class ControlAddressKind : ValueKind<string>
{
    private static readonly BindAddressKind Address = new();

    public override string Type => "address";

    public override string Expected => "an address such as \"unix:.lanner/control.sock\" or \"127.0.0.1:8001\"";

    public override Reading<string> Parse(string text, string baseDirectory) => Address.Parse(text, baseDirectory) switch
    {
        { Problem: { } problem } => Reading<string>.Bad(problem),
        { Value: DescriptorBindAddress } => Wrong(text),
        { Value: var address } => Reading<string>.Good(address!.ToString()!),
    };

    public override string Show(string value) => $"\"{value}\"";
}
