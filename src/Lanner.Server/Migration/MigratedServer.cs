using System.Globalization;
using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>
/// What a peer's file becomes: settings, and a remark for everything that has none. Relative paths of the peer's file
/// are made absolute, so that the new file may lie anywhere.
/// </summary>
internal sealed class MigratedServer(string peer, string file)
{
    public string Peer { get; } = peer;

    /// <summary>The peer's file, as an absolute path.</summary>
    public string File { get; } = file;

    public string Directory { get; } = Path.GetDirectoryName(file)!;

    public MigratedTable<ServerSettings> Server { get; } = new(ServerSettingTable.All, new ServerSettings());

    public List<string> Binds { get; } = [];

    public string? BindComment { get; set; }

    public List<MigratedApp> Apps { get; } = [];

    public List<MigratedJob> Jobs { get; } = [];

    /// <summary>What stands at the top of the new file.</summary>
    public List<Remark> Remarks { get; } = [];

    /// <summary>What stands in the place of a setting.</summary>
    public List<Remark> Losses { get; } = [];

    /// <summary>Whether everything is in the new file that Lanner has a setting for.</summary>
    public bool IsComplete => Losses.Count == 0 && !Remarks.Exists(static remark => remark.Verdict == Verdict.Lost);

    public void Ignore(string option, string why) => Add(new Remark(option, Verdict.Ignored, why));

    public void Change(string option, string why) => Add(new Remark(option, Verdict.Changed, why));

    public void Refuse(string option, string why) => Add(new Remark(option, Verdict.Refused, why));

    /// <summary>Something without a place of its own in the new file was lost.</summary>
    public void Lose(string option, string why) => Add(new Remark(option, Verdict.Lost, why));

    /// <summary>A setting of <c>[server]</c> was lost.</summary>
    public void Lose(string option, string key, string why)
    {
        Server.Lose(key, $"{option}: {why}");
        Losses.Add(new Remark(option, Verdict.Lost, why));
    }

    /// <summary>A setting of an app was lost.</summary>
    public void Lose(string option, MigratedApp app, string key, string why)
    {
        app.Table.Lose(key, $"{option}: {why}");
        Losses.Add(new Remark(option, Verdict.Lost, why));
    }

    /// <summary>An app whose name says what it is and is no other's.</summary>
    public MigratedApp AddApp(string app, string directory)
    {
        var added = AddNamed(AppReference.DeriveName(app, directory), directory);
        Give(app, added, "app", TomlText.Text(app));
        return added;
    }

    /// <summary>An app that has settings, but nobody can tell which it is.</summary>
    public MigratedApp AddLostApp(string option, string why, string directory)
    {
        var added = AddNamed("app", directory);
        Lose(option, added, "app", why);
        return added;
    }

    /// <summary>A job of the first app.</summary>
    public MigratedJob AddJob()
    {
        var added = new MigratedJob(string.Create(CultureInfo.InvariantCulture, $"cron-{Jobs.Count + 1}"));
        Jobs.Add(added);
        if (Apps.Count > 1) Give(added.Name, added, "app", TomlText.Text(Apps[0].Name));
        return added;
    }

    /// <summary>Sets a setting of <c>[server]</c>; a value that the loader would refuse is lost.</summary>
    public void Give(string option, string key, string toml, string? comment = null)
    {
        if (Server.Set(key, toml, comment) is { } problem) Lose(option, key, problem);
    }

    /// <summary>Sets a setting of an app; a value that the loader would refuse is lost.</summary>
    public void Give(string option, MigratedApp app, string key, string toml, string? comment = null)
    {
        if (app.Table.Set(key, toml, comment) is { } problem) Lose(option, app, key, problem);
    }

    /// <summary>Sets a setting of a job; a value that the loader would refuse is lost.</summary>
    public void Give(string option, MigratedJob job, string key, string toml)
    {
        if (job.Table.Set(key, toml) is not { } problem) return;
        job.Table.Lose(key, $"{option}: {problem}");
        Losses.Add(new Remark(option, Verdict.Lost, problem));
    }

    /// <summary>Adds an address, once; an address for every interface makes those of the same port superfluous.</summary>
    public void Bind(string option, string address)
    {
        var reading = new Configuration.Values.BindAddressKind().Parse(address, Directory);
        if (reading.Problem is { } problem)
        {
            Lose(option, "bind", $"bind {problem}");
            return;
        }
        var text = reading.Value!.ToString()!;
        if (reading.Value is TcpBindAddress { Host: "0.0.0.0" or "::" } every && Binds.Contains(new TcpBindAddress { Host = "*", Port = every.Port }.ToString())) return;
        if (!Binds.Contains(text)) Binds.Add(text);
    }

    /// <summary>A path of the peer's file, made absolute; an empty one is where the file lies.</summary>
    public string Absolute(string path, string? directory = null) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(path.Length == 0 ? "." : path, directory ?? Directory));

    private MigratedApp AddNamed(string name, string directory)
    {
        var unique = name;
        for (var number = 2; Apps.Any(other => other.Name == unique); number++)
            unique = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
        var added = new MigratedApp(unique);
        Apps.Add(added);
        Give(directory, added, "directory", TomlText.Text(directory));
        return added;
    }

    private void Add(Remark remark)
    {
        if (!Remarks.Contains(remark)) Remarks.Add(remark);
    }
}
