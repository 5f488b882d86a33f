using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Lanner.State.Nats;

/// <summary>The beginning of a connection: TCP, what the server says of itself, TLS, credentials; and the sentences for what can go wrong.</summary>
internal static class NatsGreeting
{
    /// <summary>INFO names all servers of a cluster.</summary>
    private const int LongestInfo = 1024 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4);

    /// <summary>The first with what is used here: ordered reading, purging by subject, numbers of subjects.</summary>
    private static readonly Version s_oldest = new(2, 9);

    /// <summary>Connects and greets; what is read next from the stream follows the greeting.</summary>
    /// <exception cref="NatsException">The message is a sentence for the user.</exception>
    public static async Task<(Stream Stream, NatsServerInfo Info)> GreetAsync(NatsEndpoint server, NatsOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        string where = options.Address.Of(server);
        using var patience = new CancellationTokenSource(s_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(server.Host, server.Port, either.Token);
            stream = new NetworkStream(socket, ownsSocket: true);
            NatsServerInfo info = await ReadInfoAsync(stream, where, either.Token);
            if (options.Address.IsTls || info.TlsRequired)
                stream = await EncryptAsync(stream, server, options, info, where, either.Token);
            await IntroduceAsync(stream, options.Address, where, either.Token);
            return (stream, info);
        }
        catch (Exception e)
        {
            if (stream is not null)
                await stream.DisposeAsync();
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is not (IOException or SocketException or OperationCanceledException or AuthenticationException or CryptographicException or UnauthorizedAccessException))
                throw;
            throw new NatsException(NatsFailure.NotSent, Sentence(where, e, options), e);
        }
    }

    public static bool IsAboutPermissions(string error) => error.StartsWith("Permissions Violation", StringComparison.OrdinalIgnoreCase);

    private static async Task<NatsServerInfo> ReadInfoAsync(Stream stream, string where, CancellationToken cancellationToken)
    {
        string line = await ReadLineAsync(stream, where, cancellationToken);
        NatsServerInfo? info = null;
        if (line.StartsWith("INFO ", StringComparison.OrdinalIgnoreCase))
            info = Read(line["INFO ".Length..]);
        if (info is null)
            throw NotNats(where);
        string version = info.Version.Split('-', '+')[0];
        if (!info.Headers || !Version.TryParse(version, out Version? number) || number < s_oldest)
            throw new NatsException(NatsFailure.Refused, $"{where} is nats-server {info.Version}: it has to be {s_oldest} or newer");
        return info;
    }

    /// <summary>What a server says of itself, also later; null: it is not to be read.</summary>
    public static NatsServerInfo? Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, NatsJson.Default.NatsServerInfo);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<Stream> EncryptAsync(Stream stream, NatsEndpoint server, NatsOptions options, NatsServerInfo info, string where, CancellationToken cancellationToken)
    {
        if (!info.TlsRequired && !info.TlsAvailable)
            throw new NatsException(NatsFailure.Refused, $"{where} does not offer TLS: add a tls block to the configuration of nats-server, or begin the address (state) with nats://");
        // Servers that were learnt of come as IP addresses: their certificates have the name that they are known by.
        bool hasName = Uri.CheckHostName(server.Host) == UriHostNameType.Dns || options.Address.Servers.Any(known => known.Host == server.Host);
        var encryption = new SslClientAuthenticationOptions { TargetHost = hasName ? server.Host : options.Address.Servers[0].Host };
        if (options.CertificateAuthorities is { } file)
        {
            var authorities = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            authorities.CustomTrustStore.ImportFromPemFile(file);
            encryption.CertificateChainPolicy = authorities;
        }
        var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await encrypted.AuthenticateAsClientAsync(encryption, cancellationToken);
            return encrypted;
        }
        catch
        {
            await encrypted.DisposeAsync();
            throw;
        }
    }

    /// <summary>Shows the credentials; the server has taken them when it answers the PING behind them.</summary>
    private static async Task IntroduceAsync(Stream stream, NatsAddress address, string where, CancellationToken cancellationToken)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        NatsCommands.Connect(output, address, stream is SslStream);
        NatsCommands.Ping(output);
        await stream.WriteAsync(output.WrittenMemory, cancellationToken);
        while (true)
        {
            string line = await ReadLineAsync(stream, where, cancellationToken);
            if (line.StartsWith("PONG", StringComparison.OrdinalIgnoreCase))
                return;
            if (line.StartsWith("-ERR", StringComparison.OrdinalIgnoreCase))
                throw Refused(where, address, line["-ERR".Length..].Trim().Trim('\''));
        }
    }

    private static NatsException Refused(string where, NatsAddress address, string error)
    {
        if (!error.StartsWith("Authorization", StringComparison.OrdinalIgnoreCase) && !error.StartsWith("Authentication", StringComparison.OrdinalIgnoreCase))
            return new NatsException(NatsFailure.Refused, $"{where} refuses the connection: {error}");
        return new NatsException(NatsFailure.Refused, (address.User, address.Token) switch
        {
            ({ } user, _) => $"{where} refuses the user {user}: check USER:PASSWORD@ in the address (state), and the users in the configuration of nats-server",
            (_, not null) => $"{where} refuses the token: check TOKEN@ in the address (state), and authorization in the configuration of nats-server",
            _ => $"{where} asks for credentials: put USER:PASSWORD@ or TOKEN@ before the first host of the address (state)",
        });
    }

    /// <summary>A line, byte by byte: what follows may be the beginning of TLS, which another is to read.</summary>
    private static async Task<string> ReadLineAsync(Stream stream, string where, CancellationToken cancellationToken)
    {
        var line = new MemoryStream();
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancellationToken) == 1)
        {
            if (one[0] == '\n')
                return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length).TrimEnd('\r');
            line.WriteByte(one[0]);
            if (line.Length > LongestInfo)
                throw NotNats(where);
        }
        throw new NatsException(NatsFailure.Refused, line.Length == 0 ? $"{where} closes the connection at once: see the log of nats-server" : NotNats(where).Message);
    }

    private static NatsException NotNats(string where) =>
        new(NatsFailure.Refused, $"what is at {where} is not NATS: the address (state) needs the port for clients of nats-server, 4222 where nothing else is set");

    private static string Sentence(string where, Exception failure, NatsOptions options) => failure switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"{where} cannot be reached: connection refused. Start nats-server there, or correct the address (state)",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => $"{where} cannot be reached: its name is not known. Correct the address (state), or the names that this machine knows",
        OperationCanceledException or SocketException { SocketErrorCode: SocketError.TimedOut } => $"{where} cannot be reached: no answer within {s_patience.TotalSeconds:0} s. Is it running, and may this machine reach that port?",
        SocketException => $"{where} cannot be reached: {failure.Message}. Correct the address (state), or the network",
        AuthenticationException => $"{where} cannot be trusted: {failure.Message} Its certificate has to be for this name, and signed by an authority that this machine knows{(options.CertificateAuthorities is { } file ? $" from {file}" : "")}",
        CryptographicException or UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException when options.CertificateAuthorities is { } file => $"the certificates in {file} cannot be read: {failure.Message}",
        _ => $"{where} cannot be reached: {failure.Message}",
    };
}
