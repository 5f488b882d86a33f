using Lanner.Jobs.Definitions;
using Lanner.Server.Configuration.Values;
using Lanner.State.Settings;
using Lanner.Supervision;

namespace Lanner.Server.Configuration;

/// <summary>
/// Completes a draft and finds what no single setting can show: what is missing, what two settings say of the same
/// thing, and files that are not there. Nothing is opened or started.
/// </summary>
internal sealed class ConfigurationChecks(ConfigurationDraft draft, PythonInterpreter interpreter)
{
    public void Complete()
    {
        CheckBinds();
        CheckTls();
        CheckControl();
        CheckDirectories();
        CheckMounts();
        CheckHealth();
        for (var index = 0; index < draft.Apps.Count; index++) CompleteApp(index);
        CompleteJobs();
    }

    private void CheckBinds()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var address in draft.Server.Bind)
            if (address is not TcpBindAddress { Port: 0 } && !seen.Add(address.ToString()!))
                draft.Report(draft.OriginOf("", "bind"), $"bind holds {address} twice: keep one of them");
        if (seen.Contains(draft.Server.Control))
            draft.Report(draft.OriginOf("", draft.IsGiven("", "control") ? "control" : "bind"), $"control and bind are both {draft.Server.Control}: give one of them another address");
    }

    private void CheckControl()
    {
        if (!draft.Server.Control.StartsWith("unix:", StringComparison.Ordinal) && string.IsNullOrEmpty(draft.Server.ControlToken))
            draft.Report(draft.OriginOf("", "control"), $"control is {draft.Server.Control}, which others on this machine or network may reach: set control_token in [server] or $LANNER_CONTROL_TOKEN, or use a Unix socket");
    }

    private void CheckTls()
    {
        var server = draft.Server;
        if (server.TlsKey is not null && server.TlsCertificate is null && !draft.IsGiven("", "tls_certificate"))
            draft.Report(draft.OriginOf("", "tls_key"), "tls_key is given without tls_certificate: give both");
        CheckFile("tls_certificate", server.TlsCertificate);
        CheckFile("tls_key", server.TlsKey);
        if (File.Exists(server.TlsCertificate) && (server.TlsKey is null || File.Exists(server.TlsKey)) && TlsCertificate.Obstacle(server.TlsCertificate, server.TlsKey) is { } why)
            draft.Report(draft.OriginOf("", "tls_certificate"), $"tls_certificate cannot be used: {why}");
    }

    private void CheckFile(string key, string? path)
    {
        if (path is not null && !File.Exists(path)) draft.Report(draft.OriginOf("", key), $"{key} names {path}, which does not exist");
    }

    private void CheckDirectories()
    {
        var spool = draft.Server.Gateway.SpoolDirectory;
        if (!Directory.Exists(spool)) draft.Report(draft.OriginOf("", "spool_directory"), $"spool_directory names {spool}, which is no directory");
        if (draft.Server.AccessLog is not ("off" or "-") && Path.GetDirectoryName(draft.Server.AccessLog) is { } parent && !Directory.Exists(parent))
            draft.Report(draft.OriginOf("", "access_log"), $"access_log lies in {parent}, which is no directory: create it");
        if (Directory.Exists(draft.Server.AccessLog)) draft.Report(draft.OriginOf("", "access_log"), $"access_log names {draft.Server.AccessLog}, which is a directory");
    }

    private void CheckMounts()
    {
        var owners = new Dictionary<MountPath, string>();
        foreach (var app in draft.Apps)
        {
            var name = app.Definition.Name;
            foreach (var mount in app.Mounts)
            {
                if (owners.TryAdd(mount, name)) continue;
                var first = owners[mount];
                draft.Report(draft.OriginOf(name, "mount"), first == name
                    ? $"the app {name} has the mount \"{mount}\" twice: keep one of them"
                    : $"the apps {first} ({draft.OriginOf(first, "mount")}) and {name} both have the mount \"{mount}\": give one of them another mount");
            }
        }
    }

    private void CheckHealth()
    {
        if (draft.Server.Health is not { } health) return;
        if (!health.StartsWith('/') || health.Contains("//", StringComparison.Ordinal))
            draft.Report(draft.OriginOf("", "health"), $"health must be a path prefix such as \"/-\", not \"{health}\"");
        else
            draft.Replace(draft.Server with { Health = health.TrimEnd('/') });
    }

    /// <summary>A user other than the server's own can only be taken by root.</summary>
    private void CheckUser(string name, AppDefinition definition)
    {
        if ((definition.User ?? definition.Group) is { } wanted && Environment.UserName != definition.User && !Environment.IsPrivilegedProcess)
            draft.Report(draft.OriginOf(name, definition.User is null ? "group" : "user"), $"the app {name} is to run as {wanted}, but the server runs as {Environment.UserName}: only root can give processes to another user; start the server as root, or leave user and group out");
    }

    /// <summary>Jobs belong to an app, which looks for their functions when it is loaded.</summary>
    private void CompleteJobs()
    {
        if (draft.Jobs.Count == 0) return;
        for (var index = 0; index < draft.Jobs.Count; index++)
        {
            var (job, origin) = draft.Jobs[index];
            if (job.App.Length == 0 && draft.Apps is [var only]) job = job with { App = only.Definition.Name };
            draft.Jobs[index] = new DraftJob(job, origin);
            if (!draft.Apps.Exists(app => app.Definition.Name == job.App))
            {
                var names = string.Join(", ", draft.Apps.Select(static app => app.Definition.Name));
                draft.Report(origin, job.App.Length == 0
                    ? $"the job {job.Name} does not say which of the apps {names} it is for: add app"
                    : $"the job {job.Name} is for the app {job.App}, which is not there: there is {names}");
            }
        }
        JobReader.Read(draft.Jobs.Select(static job => job.Job), out var problems);
        foreach (var problem in problems)
        {
            var (job, origin) = draft.Jobs.First(job => job.Job.Name == problem.Job);
            var scope = $"job.{job.Name}";
            // Each says itself on which line the job stands; the key's own is better.
            draft.Report(draft.IsGiven(scope, problem.Key) ? draft.OriginOf(scope, problem.Key) : origin, problem.Message[$"{job.Place}: ".Length..]);
        }
        for (var index = 0; index < draft.Apps.Count; index++)
        {
            var app = draft.Apps[index];
            string[] calls = [.. draft.Jobs.Where(job => job.Job.App == app.Definition.Name).Select(static job => job.Job.Call).OfType<string>().Distinct()];
            draft.Apps[index] = app with { Definition = app.Definition with { JobCalls = calls } };
        }
    }

    private void CheckSettings(string name, SettingsRules rules)
    {
        try
        {
            rules.CheckFirst();
        }
        catch (SettingsRejectedException e)
        {
            draft.Report(draft.OriginOf(name, "settings"), $"settings of the app {name}: {e.Message}");
        }
    }

    /// <summary>Finds the host and the mount of each path that is asked before traffic.</summary>
    private ConfiguredApp WithWarmup(ConfiguredApp app)
    {
        if (app.Warmup.Count == 0) return app;
        var name = app.Definition.Name;
        var requests = new List<WarmupRequest>();
        foreach (var target in app.Warmup)
        {
            var path = target.Target.Split('?')[0];
            var mount = app.Mounts
                .Where(mount => target.Host is null || mount.Host is null || mount.Host == target.Host.Split(':')[0])
                .Where(mount => mount.Prefix == "/" || path == mount.Prefix || path.StartsWith(mount.Prefix + "/", StringComparison.Ordinal))
                .OrderByDescending(mount => mount.Prefix.Length)
                .FirstOrDefault();
            if (mount is null)
                draft.Report(draft.OriginOf(name, "warmup"), $"warmup names {target}, which is under no mount of the app {name} ({string.Join(", ", app.Mounts)})");
            else
                requests.Add(new WarmupRequest(target.Host ?? mount.Host ?? "localhost", target.Target, mount.Prefix == "/" ? "" : mount.Prefix));
        }
        return app with { Definition = app.Definition with { Warmup = requests } };
    }

    private void CompleteApp(int index)
    {
        draft.Apps[index] = WithWarmup(draft.Apps[index]);
        var definition = draft.Apps[index].Definition;
        var name = definition.Name;
        if (definition.App.Length == 0 && !draft.IsGiven(name, "app"))
            draft.Report(draft.OriginOf(name, ""), $"the app {name} has no key app: add one, for example app = \"{name}.wsgi:application\"");
        if (definition.App.Length > 0 && AppReference.FindProblem(definition.App) is { } problem)
            draft.Report(draft.OriginOf(name, "app"), $"app {problem}");
        if (!Directory.Exists(definition.Directory))
            draft.Report(draft.OriginOf(name, "directory"), $"directory names {definition.Directory}, which is no directory");
        CheckUser(name, definition);
        CheckSettings(name, draft.Apps[index].Settings);

        var python = definition.Python.Length > 0 ? interpreter.Resolve(definition.Python) : interpreter.FindDefault();
        if (python.Problem is { } missing)
            // Without a setting of its own the complaint is the same for every app, and told once.
            draft.Report(draft.IsGiven(name, "python") ? draft.OriginOf(name, "python") : default, missing);
        else
            draft.Apps[index] = draft.Apps[index] with { Definition = definition with { Python = python.Value! } };
    }
}
