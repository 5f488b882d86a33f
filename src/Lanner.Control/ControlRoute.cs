using Lanner.Control.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>
/// One path and method: what is done there, and what the API's description of itself says of it. There is no other list of
/// paths: <see cref="ControlRoutes"/> finds a request's route in it, and <see cref="OpenApiDocument"/> is written from it.
/// </summary>
/// <param name="Method">The method; GET stands for HEAD too.</param>
/// <param name="Path">The path, with <c>{name}</c> for a part that varies; <c>{name*}</c> at the end takes the rest.</param>
/// <param name="Summary">What it does, in a few words.</param>
/// <param name="Answer">Does it.</param>
internal sealed record ControlRoute(string Method, string Path, string Summary, Func<ControlRequest, Task<ControlAnswer>> Answer)
{
    /// <summary>Bytes of a body that nothing else is said of.</summary>
    public const int UsualBody = 64 * 1024;

    private static readonly Dictionary<string, Type> s_noEvents = [];

    private readonly string[] _segments = Path.Split('/');

    /// <summary>The status when all is well.</summary>
    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <summary>The record that is answered as JSON; null when it is none.</summary>
    public Type? Schema { get; init; }

    /// <summary>What the answer is, where it is not JSON; empty for none.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>The record that the request's body is; null when none is read, or no JSON.</summary>
    public Type? Body { get; init; }

    /// <summary>What the request's body is, where it is not JSON.</summary>
    public string? BodyType { get; init; }

    /// <summary>The longest body, in bytes; a longer one is refused with 413 <c>too-large</c>.</summary>
    public int LongestBody { get; init; } = UsualBody;

    /// <summary>The codes of what may go wrong, beside those that every request may meet.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Headers and parts of the query that are understood here.</summary>
    public IReadOnlyList<ControlParameter> Parameters { get; init; } = [];

    /// <summary>The bodies of server-sent events, by their names.</summary>
    public IReadOnlyDictionary<string, Type> Events { get; init; } = s_noEvents;

    /// <summary>The word for it in the audit log; null for what changes nothing.</summary>
    public string? Change { get; init; }

    /// <summary>Whether its answer has an ETag, and is 304 to those who have it already.</summary>
    public bool IsTagged { get; init; }

    /// <summary>Whether it is there for those who have not shown a token.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The names of the parts that vary.</summary>
    public IEnumerable<string> Names => _segments.Where(static segment => segment.StartsWith('{')).Select(static segment => segment.Trim('{', '}', '*'));

    /// <summary>A route that answers with a record.</summary>
    public static ControlRoute Of<T>(string method, string path, string summary, Func<ControlRequest, Task<ControlAnswer>> answer)
        where T : class => new(method, path, summary, answer) { Schema = typeof(T) };

    /// <summary>One that reads, and waits for nothing.</summary>
    public static ControlRoute Get<T>(string path, string summary, Func<ControlRequest, ControlAnswer> answer)
        where T : class => Of<T>(HttpMethods.Get, path, summary, request => Task.FromResult(answer(request)));

    /// <summary>One that reads what is not JSON.</summary>
    public static ControlRoute Get(string path, string summary, string contentType, Func<ControlRequest, ControlAnswer> answer) =>
        new(HttpMethods.Get, path, summary, request => Task.FromResult(answer(request))) { ContentType = contentType };

    /// <summary>The parts that vary in a path of this route, or null when it is another's.</summary>
    public string[]? Match(string[] path)
    {
        bool takesRest = _segments[^1].EndsWith("*}", StringComparison.Ordinal);
        if (takesRest ? path.Length < _segments.Length : path.Length != _segments.Length)
            return null;
        List<string> values = [];
        for (int i = 0; i < _segments.Length; i++)
        {
            if (_segments[i].StartsWith('{'))
                values.Add(takesRest && i == _segments.Length - 1 ? string.Join('/', path[i..]) : path[i]);
            else if (_segments[i] != path[i])
                return null;
        }
        return [.. values];
    }
}

/// <summary>A header or a part of the query.</summary>
/// <param name="Place"><c>header</c> or <c>query</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Meaning">What it is for.</param>
internal sealed record ControlParameter(string Place, string Name, string Meaning);
