namespace Lanner.Control.OpenApi;

/// <summary>Every code that a problem may have, with its status.</summary>
internal static class ControlProblems
{
    public static IReadOnlyDictionary<string, (int Status, string Meaning)> All { get; } = new Dictionary<string, (int, string)>
    {
        ["not-json"] = (400, "The body is not JSON."),
        ["bad-http"] = (400, "The request is broken."),
        ["token-needed"] = (401, "The token is missing or wrong."),
        ["wrong-host"] = (403, "Host is not this server's."),
        ["wrong-origin"] = (403, "Origin is another site's."),
        ["origin-needed"] = (403, "A change that a cookie vouches for came without Origin."),
        ["unknown-path"] = (404, "There is nothing at this path."),
        ["unknown-app"] = (404, "There is no such app; apps has those that there are."),
        ["unknown-worker"] = (404, "There is no such worker."),
        ["unknown-job"] = (404, "There is no such job; jobs has those that there are."),
        ["unknown-run"] = (404, "The job has no such run, or not any more."),
        ["no-cluster"] = (404, "The server keeps its state in a directory of its own."),
        ["no-file"] = (404, "There is no settings file."),
        ["wrong-method"] = (405, "The path takes other methods."),
        ["not-loaded"] = (409, "A new generation did not start; what served goes on."),
        ["version-differs"] = (412, "What was to be changed has changed since it was read."),
        ["too-large"] = (413, "The body is too long."),
        ["bad-request"] = (422, "The body says something that cannot be done."),
        ["settings-refused"] = (422, "The settings are wrong; problems has each; nothing has changed."),
        ["settings-invalid"] = (422, "The app refused the live settings; problems has each path and reason."),
        ["etag-needed"] = (428, "If-Match is missing."),
        ["too-many-failures"] = (429, "Too many wrong tokens came from the address; Retry-After says how long to wait."),
        ["failed"] = (500, "The server failed; its log has the reason."),
        ["not-written"] = (500, "The settings file could not be replaced; nothing has changed."),
        ["not-stored"] = (503, "The state cannot be read or kept; nothing has changed."),
        ["not-acknowledged"] = (503, "The change is stored; whether every server of the cluster has it is not known."),
        ["not-ready"] = (503, "Requests should not be sent to it now."),
        ["queue-full"] = (503, "As many runs of the job wait as may."),
        ["stopping"] = (503, "The server is stopping."),
        ["too-many-readers"] = (503, "As many read events already as may."),
    };

    /// <summary>The codes that may be the answer at a route.</summary>
    public static IEnumerable<string> Of(ControlRoute route)
    {
        IEnumerable<string> codes = [.. route.Problems, "wrong-host", "wrong-origin", "bad-http", "failed"];
        if (!route.IsOpen || route.Change is not null)
            codes = codes.Concat(["token-needed", "too-many-failures", "stopping"]);
        if (route.Change is not null)
            codes = codes.Append("origin-needed");
        if (route.Body is not null || route.BodyType is not null)
            codes = codes.Append("too-large");
        return codes.Distinct().OrderBy(static code => All[code].Status);
    }
}
