using System.ComponentModel;
using System.Text.Json.Serialization;
using Lanner.Control.Json;

namespace Lanner.Control.Sessions;

[Description("By what right the caller asks.")]
internal sealed record SessionBody
{
    public required CallerKind By { get; init; }

    [Description("When the session ends; null: there is none.")]
    public required DateTimeOffset? Expires { get; init; }

    public static SessionBody Of(ControlCaller caller) => new() { By = caller.Kind, Expires = caller.Expires };
}

[Description("What a browser shows once.")]
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow), Example("""{"token":"…"}""")]
internal sealed record LoginBody
{
    [Expected("the control_token of the settings, in quotes"), Description("The control_token of the settings.")]
    public required string Token { get; init; }
}
