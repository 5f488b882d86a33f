using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Lanner.State.Nats;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.State.Tests.Nats;

/// <summary>Encrypted connections.</summary>
public sealed class NatsTlsTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(1));
    private readonly string _directory = Directory.CreateTempSubdirectory("lanner-nats-tls-").FullName;
    private NatsServerProcess _server = null!;

    private string Certificate => Path.Combine(_directory, "server.pem");

    private string Key => Path.Combine(_directory, "key.pem");

    public async Task InitializeAsync()
    {
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(Certificate, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(Key, key.ExportPkcs8PrivateKeyPem());
        _server = new NatsServerProcess($"tls {{ cert_file: \"{Certificate}\", key_file: \"{Key}\" }}\nauthorization {{ token: right }}");
        await _server.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
        _limit.Dispose();
    }

    [Theory]
    [InlineData("tls")]
    [InlineData("nats")]
    public async Task A_server_with_a_known_certificate_is_talked_to(string scheme)
    {
        await using NatsStateLog log = Open($"{scheme}://right@127.0.0.1:{_server.Port}", Certificate);
        await log.UsableAsync(_limit.Token);
        byte[] content = new byte[3_000_000];
        new Random(1).NextBytes(content);
        await log.AppendAsync(Guid.NewGuid(), content, _limit.Token);
        await foreach (Lanner.State.Replication.LogEntry entry in log.ReadAsync(0, _limit.Token))
        {
            Assert.True(entry.Content.Span.SequenceEqual(content));
            break;
        }
    }

    [Fact]
    public async Task A_server_that_only_offers_TLS_is_talked_to_encrypted()
    {
        await using var offering = new NatsServerProcess($"tls {{ cert_file: \"{Certificate}\", key_file: \"{Key}\" }}\nallow_non_tls: true");
        await offering.StartAsync();
        await using NatsStateLog trusting = Open(offering.Address, Certificate);
        await trusting.UsableAsync(_limit.Token);
        await using NatsStateLog careful = Open(offering.Address, null);
        Assert.StartsWith($"{offering.Address} cannot be trusted: ", await ProblemAsync(careful), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_with_an_unknown_certificate_is_not_trusted()
    {
        await using NatsStateLog log = Open($"tls://right@127.0.0.1:{_server.Port}", null);
        Assert.StartsWith($"tls://127.0.0.1:{_server.Port} cannot be trusted: ", await ProblemAsync(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_not_trusted()
    {
        await using NatsStateLog log = Open($"tls://right@localhost:{_server.Port}", Certificate);
        Assert.StartsWith($"tls://localhost:{_server.Port} cannot be trusted: ", await ProblemAsync(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificates_that_cannot_be_read_are_named()
    {
        await using NatsStateLog log = Open($"tls://right@127.0.0.1:{_server.Port}", Path.Combine(_directory, "none.pem"));
        Assert.StartsWith($"the certificates in {_directory}/none.pem cannot be read: ", await ProblemAsync(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_secret_is_sent_to_a_server_without_TLS()
    {
        using var fake = new FakeNats();
        await using NatsStateLog log = Open(fake.Address.Replace("nats://", "tls://secret@", StringComparison.Ordinal), null);
        using FakeClient client = await fake.AcceptPlainAsync("", _limit.Token);
        Assert.Equal("", await client.ReadLineAsync());
        Assert.StartsWith($"tls://{fake.HostAndPort} does not offer TLS: ", await ProblemAsync(log), StringComparison.Ordinal);
    }

    private static NatsStateLog Open(string address, string? authorities) => NatsStateLog.Open(
        new NatsOptions { Address = NatsAddressTests.Parse(address), CertificateAuthorities = authorities }, TimeProvider.System, NullLogger.Instance);

    private async Task<string> ProblemAsync(NatsStateLog log)
    {
        while (true)
        {
            // A busy server may take longer for its first handshake than it is given.
            if (log.Problem is { } problem && !problem.EndsWith("has not answered yet", StringComparison.Ordinal) && !problem.Contains(" cannot be reached: ", StringComparison.Ordinal))
                return problem;
            await Task.Delay(10, _limit.Token);
        }
    }
}
