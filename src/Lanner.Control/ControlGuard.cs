using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Lanner.Control;

/// <summary>
/// Who may use the control address. On TCP, whoever shows the token, or is a browser that has shown it, under a name that is
/// the server's own, from no page of another site. A page that a browser was lured to can reach the port, but has neither the
/// token nor the right Host (DNS rebinding) nor the right Origin. A Unix socket is its owner's alone and needs no token; but it
/// may be forwarded to a port, where browsers reach it: there too, Host and Origin must be no other site's.
/// </summary>
internal sealed class ControlGuard
{
    /// <summary>What a page has to send with a change where its browser sends no Origin: another site's page cannot send it unasked.</summary>
    public const string OwnHeader = "X-Lanner";

    private const string Scheme = "Bearer ";

    private readonly TcpControlAddress? _address;
    private readonly byte[] _token;
    private readonly FailedTokens _failed;
    private readonly BrowserSessions _sessions;

    private ControlGuard(TcpControlAddress? address, string token, TimeProvider time)
    {
        _address = address;
        _token = Hash(token);
        _failed = new FailedTokens(time);
        _sessions = new BrowserSessions(time);
    }

    /// <exception cref="IOException">The address needs a token.</exception>
    public static ControlGuard Of(ControlAddress address, string? token, TimeProvider time)
    {
        if (address is not TcpControlAddress tcp)
            return new ControlGuard(null, "", time);
        return string.IsNullOrEmpty(token)
            ? throw new IOException($"the control address {address} needs a token, as others can reach it: set control_token")
            : new ControlGuard(tcp, token, time);
    }

    /// <summary>Says who asks, or why that is refused.</summary>
    /// <param name="context">The request.</param>
    /// <param name="isOpen">Whether what is asked for is there for everybody.</param>
    public Admission Admit(HttpContext context, bool isOpen)
    {
        HttpRequest request = context.Request;
        if (!IsOwn(request.Host, context.Connection))
            return Refused(StatusCodes.Status403Forbidden, "wrong-host", $"this server is not {request.Host}: use the name or the address that control has in the settings");
        if (request.Headers.Origin is { Count: > 0 } origin && origin != $"http://{request.Host}")
            return Refused(StatusCodes.Status403Forbidden, "wrong-origin", "pages of other sites may not use this address");
        if (_address is null)
            return new Admission(new ControlCaller(CallerKind.Unix), null);
        if (isOpen)
            return new Admission(new ControlCaller(CallerKind.Nobody), null);
        if (request.Headers.Authorization.Count > 0)
            return Judge(context, TokenOf(request.Headers.Authorization));
        if (_sessions.Find(request.Cookies[CookieName(context)]) is not { } session)
            return Refused(StatusCodes.Status401Unauthorized, "token-needed", "the token is missing: send 'Authorization: Bearer TOKEN' with the control_token of the settings");
        return IsSafe(request.Method) || request.Headers.Origin.Count > 0 || request.Headers.ContainsKey(OwnHeader)
            ? new Admission(session, null)
            : Refused(StatusCodes.Status403Forbidden, "origin-needed", $"a change that a cookie vouches for must come with Origin, or with the header {OwnHeader}");
    }

    /// <summary>Starts a session for a browser that shows the token. Over a Unix socket there is no need of one.</summary>
    public (Admission Admission, string? Cookie) LogIn(HttpContext context, string token)
    {
        if (_address is null)
            return (new Admission(new ControlCaller(CallerKind.Unix), null), null);
        Admission judged = Judge(context, token);
        if (judged.Refusal is not null)
            return (judged, null);
        (string secret, string key, DateTimeOffset expires) = _sessions.Start();
        return (new Admission(new ControlCaller(CallerKind.Session) { Session = key, Expires = expires }, null), Cookie(context, secret, BrowserSessions.Lifetime));
    }

    /// <summary>Ends the caller's session, if it is one; returns the cookie that takes its place.</summary>
    public string LogOut(ControlRequest request)
    {
        if (request.Caller.Session is { } key)
            _sessions.End(key);
        return Cookie(request.Context, "", TimeSpan.Zero);
    }

    /// <summary>While an address has to wait, a right token is refused too: else it could go on trying.</summary>
    private Admission Judge(HttpContext context, string? token)
    {
        if (_failed.Wait(context.Connection.RemoteIpAddress) is { } wait)
        {
            string seconds = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return new Admission(null, ControlAnswer.Problem(StatusCodes.Status429TooManyRequests, "too-many-failures", $"too many wrong tokens came from this address: wait {seconds} s") with { Headers = [("Retry-After", seconds)] });
        }
        if (token is not null && CryptographicOperations.FixedTimeEquals(Hash(token), _token))
        {
            _failed.Forget(context.Connection.RemoteIpAddress);
            return new Admission(new ControlCaller(CallerKind.Token), null);
        }
        _failed.Add(context.Connection.RemoteIpAddress);
        return Refused(StatusCodes.Status401Unauthorized, "token-needed", "the token is wrong: send 'Authorization: Bearer TOKEN' with the control_token of the settings") with { IsWrongToken = true };
    }

    /// <summary>A name for this machine's loopback has any port: it may be forwarded, and it cannot be another site's. Nor can a name without a dot.</summary>
    private bool IsOwn(HostString host, ConnectionInfo connection)
    {
        string name = host.Host.Trim('[', ']');
        if (name.ToLowerInvariant() is "localhost" or "127.0.0.1" or "::1")
            return true;
        if (_address is null)
            return !name.Contains('.', StringComparison.Ordinal) && !name.Contains(':', StringComparison.Ordinal);
        return (host.Port ?? 80) == connection.LocalPort
            && (name.Equals(_address.Host, StringComparison.OrdinalIgnoreCase)
                || (_address.Host is "*" or "0.0.0.0" or "::" && name == Literal(connection)));
    }

    private static string? Literal(ConnectionInfo connection) =>
        connection.LocalIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4().ToString() : connection.LocalIpAddress?.ToString();

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    private static string? TokenOf(StringValues authorization) =>
        authorization.Count == 1 && authorization[0]!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[0]![Scheme.Length..].Trim() : null;

    /// <summary>Browsers send cookies to every port of a host: two servers must not take each other's.</summary>
    private static string CookieName(HttpContext context) => string.Create(CultureInfo.InvariantCulture, $"lanner_session_{context.Connection.LocalPort}");

    private static string Cookie(HttpContext context, string secret, TimeSpan lifetime) =>
        string.Create(CultureInfo.InvariantCulture, $"{CookieName(context)}={secret}; Path=/; Max-Age={lifetime.TotalSeconds:0}; HttpOnly; SameSite=Strict");

    private static Admission Refused(int status, string code, string detail) => new(null, ControlAnswer.Problem(status, code, detail));

    /// <summary>Hashes are compared, in constant time: neither the place of the first difference nor the length can be measured.</summary>
    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}

/// <summary>Who asks, or why not: one of the two.</summary>
internal readonly record struct Admission(ControlCaller? Caller, ControlAnswer? Refusal)
{
    /// <summary>Refused for a token that is not the right one.</summary>
    public bool IsWrongToken { get; init; }
}
