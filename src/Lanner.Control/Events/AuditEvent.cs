using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Lanner.Control.Events;

[Description("A change through the API, or the attempt of one.")]
internal sealed record AuditEvent : EventBody, INamedEvent
{
    public static string EventName => "audit";

    public required string Action { get; init; }

    [Description("What it was done to; null for the server.")]
    public required string? Target { get; init; }

    [Description("Further particulars.")]
    public required string? Note { get; init; }

    [Description("What was answered; 499: the client left before.")]
    public required int Status { get; init; }

    public required bool Done { get; init; }

    public required WhoBody Who { get; init; }
}

/// <summary>A line of the audit log: the event with its time first and the path last.</summary>
internal sealed record AuditLine
{
    public required DateTimeOffset Time { get; init; }

    public required string Action { get; init; }

    public required string? Target { get; init; }

    public required string? Note { get; init; }

    public required int Status { get; init; }

    public required bool Done { get; init; }

    public required WhoBody Who { get; init; }

    public required string Path { get; init; }

    public static AuditLine Of(AuditEvent change, string path) => new()
    {
        Time = change.At,
        Action = change.Action,
        Target = change.Target,
        Note = change.Note,
        Status = change.Status,
        Done = change.Done,
        Who = change.Who,
        Path = path,
    };
}

/// <summary>Who asked: a process at the other end of a Unix socket, or an address.</summary>
[JsonDerivedType(typeof(LocalWhoBody)), JsonDerivedType(typeof(RemoteWhoBody))]
internal abstract record WhoBody
{
    [JsonPropertyOrder(-1), Description("By what right.")]
    public required CallerKind By { get; init; }
}

[Description("The process at the other end of the Unix socket, as the kernel knows it.")]
internal sealed record LocalWhoBody : WhoBody
{
    public required int Uid { get; init; }

    public required int Pid { get; init; }

    [Description("Null for a user that /etc/passwd does not know.")]
    public required string? User { get; init; }
}

[Description("A client on TCP, or one that has left.")]
internal sealed record RemoteWhoBody : WhoBody
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Address { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("The first digits of the session's hash.")]
    public string? Session { get; init; }
}
