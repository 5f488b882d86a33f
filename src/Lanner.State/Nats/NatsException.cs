namespace Lanner.State.Nats;

/// <summary>What became of something that was to be sent.</summary>
internal enum NatsFailure
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
internal sealed class NatsException(NatsFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public NatsFailure Failure { get; } = failure;
}

/// <summary>JetStream has answered with an error.</summary>
/// <param name="code">As in HTTP.</param>
/// <param name="errorCode">JetStream's own number for it.</param>
/// <param name="description">Its words.</param>
internal sealed class JetStreamException(int code, int errorCode, string description) : Exception(description)
{
    /// <summary>The leader could not store what had been agreed on.</summary>
    public const int StoreFailed = 10077;

    public int Code { get; } = code;

    public int ErrorCode { get; } = errorCode;

    /// <summary>There is no such stream.</summary>
    public bool IsNoStream => ErrorCode == 10059;

    /// <summary>There is no such message.</summary>
    public bool IsNoMessage => ErrorCode == 10037;

    /// <summary>The last message of the subject is another one than was expected.</summary>
    public bool IsConflict => ErrorCode is 10071 or 10070;

    /// <summary>There is no room for what was to be stored, on this server or for this account.</summary>
    public bool IsFull => ErrorCode is 10002 or 10023 or 10028 or 10047 or StoreFailed;

    /// <summary>JetStream is off, on this server or for this account.</summary>
    public bool IsNoJetStream => ErrorCode is 10039 or 10076;

    /// <summary>It will be otherwise soon: leaders are being elected.</summary>
    public bool IsPassing => ErrorCode is 10008 or 10009 || (Code == 503 && !IsFull && !IsNoJetStream);
}
