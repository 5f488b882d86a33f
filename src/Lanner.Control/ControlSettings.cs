namespace Lanner.Control;

/// <summary>Where the control API is and who may use it.</summary>
public sealed record ControlSettings
{
    /// <summary><c>unix:/absolute/path</c> or <c>HOST:PORT</c>.</summary>
    public required string Address { get; init; }

    /// <summary>What clients on TCP must show; not asked for on a Unix socket, which is its owner's alone.</summary>
    public string? Token { get; init; }

    /// <summary>The absolute path of the audit log; null for none.</summary>
    public string? AuditLog { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
