using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using NATS.Client.Core;

namespace Lanner.State.Nats;

/// <summary>What a link is told to the library as: where it goes, who we are, whom we trust, and how long things may take.</summary>
internal static class NatsLinkOptions
{
    /// <summary>For an answer; leaders that are stopped or cut off do not give one.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>For a server to be connected to: TCP, what it says of itself, TLS, credentials.</summary>
    public static readonly TimeSpan PatienceToOpen = TimeSpan.FromSeconds(4);

    public static NatsOpts Of(NatsEndpoint server, NatsOptions options, NatsSocket socket)
    {
        NatsAddress address = options.Address;
        return new NatsOpts
        {
            Url = address.Of(server),
            Name = "lanner",
            AuthOpts = new NatsAuthOpts { Username = address.User, Password = address.Password, Token = address.Token },
            TlsOpts = new NatsTlsOpts
            {
                // Said, for the library requires TLS as soon as anything is configured about it.
                Mode = address.IsTls ? TlsMode.Require : TlsMode.Prefer,
                ConfigureClientAuthentication = encryption => Encrypt(encryption, server, options),
            },
            SocketConnectionFactory = socket,
            // We keep the time, of a question and of all that opening takes together: the library's limits are only behind ours.
            ConnectTimeout = PatienceToOpen * 2,
            RequestTimeout = Patience * 2,
            // For room in the buffer.
            CommandTimeout = Patience,
            // We ask ourselves. The library counts the answers to its pings alone, which wait behind large parts on a slow line while other answers keep coming.
            PingInterval = TimeSpan.Zero,
        };
    }

    private static ValueTask Encrypt(SslClientAuthenticationOptions encryption, NatsEndpoint server, NatsOptions options)
    {
        // Servers that were learnt of come as IP addresses: their certificates have the name that they are known by.
        bool hasName = Uri.CheckHostName(server.Host) == UriHostNameType.Dns || options.Address.Servers.Any(known => known.Host == server.Host);
        encryption.TargetHost = hasName ? server.Host : options.Address.Servers[0].Host;
        if (options.CertificateAuthorities is { } file)
        {
            var authorities = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            authorities.CustomTrustStore.ImportFromPemFile(file);
            encryption.CertificateChainPolicy = authorities;
        }
        return ValueTask.CompletedTask;
    }
}
