using NATS.Client.JetStream;

namespace Lanner.State.Nats;

/// <summary>What JetStream's error numbers mean here.</summary>
internal static class JetStreamErrors
{
    /// <summary>The leader could not store what had been agreed on.</summary>
    private const int StoreFailed = 10077;

    extension(NatsJSApiException failure)
    {
        /// <summary>There is no such stream.</summary>
        public bool IsNoStream => failure.Error.ErrCode == 10059;

        /// <summary>There is no such message.</summary>
        public bool IsNoMessage => failure.Error.ErrCode == 10037;

        /// <summary>The last message of the subject is another one than was expected.</summary>
        public bool IsConflict => failure.Error.ErrCode is 10071 or 10070;

        /// <summary>There are fewer servers with JetStream than copies were asked for.</summary>
        public bool IsTooFewServers => failure.Error.ErrCode is 10005 or 10074;

        /// <summary>The leader could not store it; another server may have.</summary>
        public bool IsStoreFailed => failure.Error.ErrCode == StoreFailed;

        /// <summary>There is no room for what was to be stored, on this server or for this account.</summary>
        public bool IsFull => failure.Error.ErrCode is 10002 or 10023 or 10028 or 10047 or StoreFailed;

        /// <summary>JetStream is off, on this server or for this account.</summary>
        public bool IsNoJetStream => failure.Error.ErrCode is 10039 or 10076;

        /// <summary>It will be otherwise soon: leaders are being elected.</summary>
        public bool IsPassing => failure.Error.ErrCode is 10008 or 10009 || (failure.Error.Code == 503 && !failure.IsFull && !failure.IsNoJetStream);
    }

    /// <summary>A leader that cannot be sure of what it says.</summary>
    public static NatsJSApiException Unsure(string why) =>
        new(new NATS.Client.JetStream.Models.ApiError { Code = 503, ErrCode = 10008, Description = why });
}
