using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Lanner.Server.Configuration;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Lanner.Server;

/// <summary>The certificate that clients are shown, with its chain. A reload reads its files anew: whoever connects then is shown the new one.</summary>
internal sealed partial class TlsCertificate
{
    private volatile SslServerAuthenticationOptions _options;

    private TlsCertificate(SslStreamCertificateContext context) => _options = Options(context);

    /// <summary>Null: the settings name none.</summary>
    /// <exception cref="IOException">A file cannot be read, or holds no certificate or key that can be used; the message says why.</exception>
    public static TlsCertificate? Open(ServerSettings settings) => settings.TlsCertificate is { } file ? new TlsCertificate(Read(file, settings.TlsKey)) : null;

    /// <summary>Why the files cannot be used; null: they can.</summary>
    public static string? Obstacle(string certificate, string? key)
    {
        try
        {
            Read(certificate, key);
            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }

    public void Secure(ListenOptions options) =>
        options.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(_options) });

    /// <summary>Takes what the files of these settings hold now. When they cannot be used the present one stays.</summary>
    public void Renew(ServerSettings settings, ILogger log)
    {
        if (settings.TlsCertificate is not { } file)
            return;
        try
        {
            SslStreamCertificateContext context = Read(file, settings.TlsKey);
            bool isSame = context.TargetCertificate.RawDataMemory.Span.SequenceEqual(_options.ServerCertificateContext!.TargetCertificate.RawDataMemory.Span);
            // Also of the same certificate: its chain may be another.
            _options = Options(context);
            if (!isSame)
                Renewed(log, context.TargetCertificate.Subject, context.TargetCertificate.NotAfter.ToUniversalTime());
        }
        catch (IOException e)
        {
            Kept(log, e.Message);
        }
    }

    private static SslServerAuthenticationOptions Options(SslStreamCertificateContext context) => new() { ServerCertificateContext = context };

    private static SslStreamCertificateContext Read(string file, string? key)
    {
        try
        {
            X509Certificate2 own = X509Certificate2.CreateFromPemFile(file, key);
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(file);
            // The first is the server's; those after it lead to an authority that clients know. Nothing is fetched from elsewhere.
            return SslStreamCertificateContext.Create(own, [.. all.Skip(1)], offline: true);
        }
        catch (Exception e) when (e is CryptographicException or UnauthorizedAccessException or ArgumentException)
        {
            throw new IOException($"{file}{(key is null ? "" : $" and {key}")}: {e.Message}", e);
        }
    }

    [LoggerMessage(3041, LogLevel.Information, "the certificate is now that of {Subject}, good until {End:yyyy-MM-dd HH:mm}Z")]
    private static partial void Renewed(ILogger log, string subject, DateTime end);

    [LoggerMessage(3042, LogLevel.Error, "the certificate stays as it was, for the new one cannot be used: {Why}")]
    private static partial void Kept(ILogger log, string why);
}
