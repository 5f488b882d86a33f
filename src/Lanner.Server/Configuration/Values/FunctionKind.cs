using System.Text.RegularExpressions;

namespace Lanner.Server.Configuration.Values;

/// <summary>A Python function, <c>module:function</c>.</summary>
internal sealed partial class FunctionKind : ValueKind<string>
{
    public override string Type => "function";

    public override string Expected => "a function such as \"shop.boot:connect\"";

    public override Reading<string> Parse(string text, string baseDirectory) => Form().IsMatch(text) ? Reading<string>.Good(text) : Wrong(text);

    public override string Show(string value) => $"\"{value}\"";

    [GeneratedRegex(@"^[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*\z")]
    private static partial Regex Form();
}
