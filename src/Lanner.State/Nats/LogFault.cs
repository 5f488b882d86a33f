namespace Lanner.State.Nats;

/// <summary>What happened to something that was to be sent.</summary>
internal enum LogFault
{
    /// <summary>There is no connection: nothing was sent.</summary>
    NotSent,

    /// <summary>Nobody listens to the subject: it was not delivered.</summary>
    NoResponders,

    /// <summary>No answer came, in time or before the connection was lost: it may have been delivered.</summary>
    NoAnswer,

    /// <summary>The log ends before what was in it already; servers that have just started catch up. The message is a sentence for the user.</summary>
    Behind,

    /// <summary>The server or the name cannot be used as it is; the message is a sentence for the user.</summary>
    Refused,
}

/// <summary>NATS cannot be reached, or does not answer.</summary>
internal sealed class LogFaultException(LogFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public LogFault Fault { get; } = fault;
}
