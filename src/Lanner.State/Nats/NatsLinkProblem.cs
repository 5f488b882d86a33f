using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using NATS.Client.Core;

namespace Lanner.State.Nats;

/// <summary>The sentences for why a server could not be connected to.</summary>
internal static class NatsLinkProblem
{
    private const string ServerError = "Server error: ";

    /// <summary>A sentence that says what is wrong, where and how to mend it.</summary>
    public static LogFaultException Of(Exception failure, NatsSocket socket, INatsServerInfo? info, string where, NatsOptions options)
    {
        Exception[] causes = [.. Causes(socket.Failure ?? failure)];
        if (socket.IsOther)
            return Refused($"what is at {where} is not NATS: the address (state) needs the port for clients of nats-server, 4222 where nothing else is set", failure);
        if (causes.OfType<NatsServerException>().FirstOrDefault() is { } error)
            return Refused(Of(error, where, options.Address), failure);
        if (options.Address.IsTls && info is { TlsRequired: false, TlsAvailable: false })
            return Refused($"{where} does not offer TLS: add a tls block to the configuration of nats-server, or begin the address (state) with nats://", failure);
        if (causes.Select(cause => Of(cause, where, options)).FirstOrDefault(static sentence => sentence is not null) is { } found)
            return new LogFaultException(LogFault.NotSent, found, failure);
        return socket.IsGreeted
            ? new LogFaultException(LogFault.NotSent, $"{where} cannot be reached: {causes[^1].Message}", failure)
            : Refused($"{where} closes the connection at once: see the log of nats-server", failure);
    }

    private static LogFaultException Refused(string sentence, Exception failure) => new(LogFault.Refused, sentence, failure);

    private static IEnumerable<Exception> Causes(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
            yield return cause;
    }

    private static string Of(NatsServerException error, string where, NatsAddress address)
    {
        string words = error.Message.StartsWith(ServerError, StringComparison.Ordinal) ? error.Message[ServerError.Length..] : error.Error;
        if (!words.StartsWith("Authorization", StringComparison.OrdinalIgnoreCase) && !words.StartsWith("Authentication", StringComparison.OrdinalIgnoreCase))
            return $"{where} refuses the connection: {words}";
        return (address.User, address.Token) switch
        {
            ({ } user, _) => $"{where} refuses the user {user}: check USER:PASSWORD@ in the address (state), and the users in the configuration of nats-server",
            (_, not null) => $"{where} refuses the token: check TOKEN@ in the address (state), and authorization in the configuration of nats-server",
            _ => $"{where} asks for credentials: put USER:PASSWORD@ or TOKEN@ before the first host of the address (state)",
        };
    }

    /// <summary>A sentence; null: this cause says nothing that helps.</summary>
    private static string? Of(Exception cause, string where, NatsOptions options) => cause switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"{where} cannot be reached: connection refused. Start nats-server there, or correct the address (state)",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => $"{where} cannot be reached: its name is not known. Correct the address (state), or the names that this machine knows",
        TimeoutException or OperationCanceledException or SocketException { SocketErrorCode: SocketError.TimedOut } => $"{where} cannot be reached: no answer within {NatsLinkOptions.PatienceToOpen.TotalSeconds:0} s. Is it running, and may this machine reach that port?",
        SocketException => $"{where} cannot be reached: {cause.Message}. Correct the address (state), or the network",
        AuthenticationException => $"{where} cannot be trusted: {cause.Message} Its certificate has to be for this name, and signed by an authority that this machine knows{(options.CertificateAuthorities is { } file ? $" from {file}" : "")}",
        CryptographicException or UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException when options.CertificateAuthorities is { } file => $"the certificates in {file} cannot be read: {cause.Message}",
        _ => null,
    };
}
