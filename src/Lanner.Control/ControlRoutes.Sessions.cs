using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>How a browser shows the token once, and is known afterwards.</summary>
internal sealed partial class ControlRoutes
{
    private ControlRoute[] Sessions() =>
    [
        Get("/v1/session", "By what right the caller asks.", "Session", static request => Session(request.Caller)),
        Post("/v1/session", "Starts a session for a browser that shows the token: answers with a cookie.", "Session", LogInAsync)
            with { Body = "Login", IsOpen = true, Change = "login", Problems = ["not-json", "bad-request"] },
        new ControlRoute(HttpMethods.Delete, "/v1/session", "Ends the caller's session.", request => Done(ControlAnswer.Empty(StatusCodes.Status204NoContent) with { Headers = [("Set-Cookie", _guard.LogOut(request))] }))
            { Status = StatusCodes.Status204NoContent, ContentType = "", Change = "logout" },
    ];

    private async Task<ControlAnswer> LogInAsync(ControlRequest request)
    {
        string? token = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(await request.BodyAsync());
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("token", out JsonElement member) && member.ValueKind == JsonValueKind.String)
                token = member.GetString();
        }
        catch (JsonException e)
        {
            return NotJson(e);
        }
        if (token is null)
            return Refused("bad-request", "the body must be {\"token\":\"…\"}", ["token is missing"]);
        (Admission admission, string? cookie) = _guard.LogIn(request.Context, token);
        return admission.Refusal ?? (Session(admission.Caller!) with { Headers = cookie is null ? [] : [("Set-Cookie", cookie)] });
    }

    private static ControlAnswer Session(ControlCaller caller) => ControlAnswer.Json(StatusCodes.Status200OK, json =>
    {
        json.WriteString("by", caller.Word);
        if (caller.Expires is { } expires)
            StateJson.WriteMoment(json, "expires", expires);
        else
            json.WriteNull("expires");
    });

    private static ControlAnswer NotJson(JsonException e) =>
        ControlAnswer.Problem(StatusCodes.Status400BadRequest, "not-json", $"the body is not JSON: {e.Message}");
}
