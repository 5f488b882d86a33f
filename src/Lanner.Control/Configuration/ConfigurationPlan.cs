namespace Lanner.Control.Configuration;

/// <summary>The settings file as it is.</summary>
/// <param name="Path">Where.</param>
/// <param name="Content">All of it.</param>
public sealed record ConfigurationContent(string Path, ReadOnlyMemory<byte> Content);

/// <summary>What another content of the settings file changes.</summary>
public sealed record ConfigurationPlan
{
    /// <summary>The file's path.</summary>
    public required string Path { get; init; }

    /// <summary>The difference between the file and the new content, as <c>diff -u</c> shows it; empty when there is none.</summary>
    public required string Diff { get; init; }

    /// <summary>Apps that come.</summary>
    public required IReadOnlyList<string> Added { get; init; }

    /// <summary>Apps that go.</summary>
    public required IReadOnlyList<string> Removed { get; init; }

    /// <summary>Apps of which a new generation is started.</summary>
    public required IReadOnlyList<string> Reloaded { get; init; }

    /// <summary>Apps that answer elsewhere, and need no new generation for that alone.</summary>
    public required IReadOnlyList<string> Moved { get; init; }

    /// <summary>Settings of the server that take effect when it is started again.</summary>
    public required IReadOnlyList<string> NeedsRestart { get; init; }
}

/// <summary>A setting as it is in force.</summary>
/// <param name="App">The app; null for the server's own.</param>
/// <param name="Name">Its key.</param>
/// <param name="Value">As it would be written in the file; null when it is a secret.</param>
/// <param name="From">The line of the file or the option that says so; null when nothing does.</param>
public sealed record EffectiveSetting(string? App, string Name, string? Value, string? From);

/// <summary>The settings file is no longer what the caller took it for.</summary>
public sealed class ConfigurationDiffersException : Exception;

/// <summary>The settings file could not be replaced; nothing has changed. The message is for the user.</summary>
public sealed class ConfigurationNotWrittenException(string message, Exception reason) : Exception(message, reason);
