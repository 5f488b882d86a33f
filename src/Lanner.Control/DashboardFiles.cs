using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>
/// The dashboard's files, which are part of the program. They hold no data, so that they are there for a browser that has not
/// shown the token yet. They may load nothing from elsewhere, and no other page may show them.
/// </summary>
internal static class DashboardFiles
{
    private const string Index = "index.html";

    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly ConcurrentDictionary<string, DashboardFile> s_files = new();

    public static IEnumerable<ControlRoute> Routes() =>
    [
        ControlRoute.Get("/", "The dashboard.", "text/html", static request => Answer(Index, request.Http)) with { IsOpen = true, IsTagged = true },
        ControlRoute.Get("/dashboard/{file*}", "A file of the dashboard.", "*/*", static request => Answer(request.Values[0], request.Http)) with { IsOpen = true, IsTagged = true, Problems = ["unknown-path"] },
    ];

    /// <param name="name">The path below <c>/dashboard/</c>.</param>
    /// <param name="request">Its <c>If-None-Match</c> counts.</param>
    private static ControlAnswer Answer(string name, HttpRequest request)
    {
        if (Find(name) is not { } file)
            return ControlAnswer.Problem(StatusCodes.Status404NotFound, "unknown-path", $"there is nothing at {request.Path}");
        (string, string)[] headers = [("ETag", file.Tag), ("Content-Security-Policy", Policy), ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin")];
        ControlAnswer answer = EntityTag.IsAmong(request.Headers.IfNoneMatch, file.Tag)
            ? ControlAnswer.Empty(StatusCodes.Status304NotModified)
            : ControlAnswer.Bytes(file.ContentType, file.Content);
        return answer with { Headers = headers, CacheControl = "no-cache" };
    }

    private static DashboardFile? Find(string name)
    {
        if (s_files.TryGetValue(name, out DashboardFile? known))
            return known;
        using Stream? stream = typeof(DashboardFiles).Assembly.GetManifestResourceStream("dashboard/" + name);
        if (stream is null)
            return null;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return s_files.GetOrAdd(name, new DashboardFile(content, TypeOf(name), EntityTag.Of(content)));
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".json" => "application/json",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".ico" => "image/x-icon",
        ".woff2" => "font/woff2",
        ".txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };

    private sealed record DashboardFile(byte[] Content, string ContentType, string Tag);
}
