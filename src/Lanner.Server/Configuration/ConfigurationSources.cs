namespace Lanner.Server.Configuration;

/// <summary>One option as the command line gave it.</summary>
internal sealed record GivenOption<TRecord>(Setting<TRecord> Setting, IReadOnlyList<string> Texts);

/// <summary>Everything a configuration is made from.</summary>
internal sealed record ConfigurationSources
{
    /// <summary>APP of the command line: an app or a directory.</summary>
    public string? App { get; init; }

    /// <summary><c>--name</c>: what the app of APP is called.</summary>
    public string? Name { get; init; }

    /// <summary><c>--config</c>.</summary>
    public string? File { get; init; }

    /// <summary>Settings that have been read already: no file is looked for.</summary>
    public SettingsFile? Settings { get; init; }

    /// <summary>What a file is taken to hold instead of what it holds: for trying out a change of it.</summary>
    public (string Path, byte[] Bytes)? Content { get; init; }

    /// <summary><c>--directory</c>; it is not among <see cref="AppOptions"/>, because it also says where the file is looked for.</summary>
    public string? Directory { get; init; }

    public IReadOnlyList<GivenOption<ServerSettings>> ServerOptions { get; init; } = [];

    public IReadOnlyList<GivenOption<ConfiguredApp>> AppOptions { get; init; } = [];

    /// <summary>Absolute.</summary>
    public required string CurrentDirectory { get; init; }

    /// <summary>Reads one variable of the server's own environment.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>The server's own process: variables that a service manager sets may be meant for another.</summary>
    public int ProcessId { get; init; } = System.Environment.ProcessId;

    /// <summary>What the settings file at the path holds, or is to hold.</summary>
    public byte[] ReadFile(string path) => Content is { } content && content.Path == path ? content.Bytes : System.IO.File.ReadAllBytes(path);
}

/// <summary>Settings, or what is wrong: never both.</summary>
internal sealed record ConfigurationResult(ServerSettings? Settings, IReadOnlyList<Problem> Problems)
{
    /// <summary>The absolute path of the settings file; null when there is none.</summary>
    public string? File { get; init; }
}
