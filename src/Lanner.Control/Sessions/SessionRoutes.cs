using Microsoft.AspNetCore.Http;

namespace Lanner.Control.Sessions;

/// <summary>How a browser shows the token once, and is known afterwards.</summary>
internal sealed class SessionRoutes(ControlGuard guard)
{
    private const string Path = "/v1/session";

    public IEnumerable<ControlRoute> All() =>
    [
        ControlRoute.Get<SessionBody>(Path, "By what right the caller asks.", static request => ControlAnswer.Json(SessionBody.Of(request.Caller))),
        ControlRoute.Of<SessionBody>(HttpMethods.Post, Path, "Starts a session for a browser that shows the token: answers with a cookie.", LogInAsync)
            with { Body = typeof(LoginBody), IsOpen = true, Change = "login", Problems = ["not-json", "bad-request"] },
        new ControlRoute(HttpMethods.Delete, Path, "Ends the caller's session.", LogOut) { Status = StatusCodes.Status204NoContent, ContentType = "", Change = "logout" },
    ];

    private async Task<ControlAnswer> LogInAsync(ControlRequest request)
    {
        (LoginBody? login, ControlAnswer? refusal) = await request.ReadAsync<LoginBody>();
        if (login is null)
            return refusal!;
        (Admission admission, string? cookie) = guard.LogIn(request.Context, login.Token);
        return admission.Refusal ?? (ControlAnswer.Json(SessionBody.Of(admission.Caller!)) with { Headers = cookie is null ? [] : [("Set-Cookie", cookie)] });
    }

    private Task<ControlAnswer> LogOut(ControlRequest request) =>
        Task.FromResult(ControlAnswer.Empty(StatusCodes.Status204NoContent) with { Headers = [("Set-Cookie", guard.LogOut(request))] });
}
