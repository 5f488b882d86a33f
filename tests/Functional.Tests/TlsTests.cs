using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Functional.Tests;

/// <summary>HTTPS with HTTP/1.1 and HTTP/2, and certificates that change.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _intermediate;

    public TlsTests()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = Authority("CN=root", rootKey).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(10));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 made = Authority("CN=intermediate", key).Create(_root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(9), [1]);
        _intermediate = made.CopyWithPrivateKey(key);
        Issue("CN=first");
    }

    public void Dispose()
    {
        _root.Dispose();
        _intermediate.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("1.1", "HTTP/1.1")]
    [InlineData("2.0", "HTTP/2")]
    public async Task Requests_OfBothVersions_AreServedToWhoKnowsTheRootAlone(string version, string protocol)
    {
        await using LannerServer server = await StartAsync("environ_app");
        using HttpClient client = Client(server, version);
        byte[] sent = RandomNumberGenerator.GetBytes(3_000_000);
        using HttpResponseMessage answer = await client.PostAsync("/a%20path?how=length", new ByteArrayContent(sent));
        JsonNode told = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(new Version(version), answer.Version);
        Assert.Empty(told["faults"]!.AsArray());
        JsonNode environ = told["environ"]!;
        Assert.Equal(("https", protocol, "/a path", $"localhost:{server.Address.Port}"),
            ((string?)environ["wsgi.url_scheme"], (string?)environ["SERVER_PROTOCOL"], (string?)environ["PATH_INFO"], (string?)environ["HTTP_HOST"]));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(sent)), (string?)told["body"]!["sha256"]);
    }

    [Fact]
    public async Task Requests_ManyOnOneConnection_AllAreAnswered()
    {
        await using LannerServer server = await StartAsync("shapes_app", "--workers", "2", "--threads", "4");
        using HttpClient client = Client(server, "2.0");
        byte[][] bodies = await Task.WhenAll(Enumerable.Range(0, 60).Select(n => client.GetByteArrayAsync($"/bytes?n={n * 10_000}&length=1")));
        for (int n = 0; n < bodies.Length; n++)
        {
            Assert.Equal(n * 10_000, bodies[n].Length);
            Assert.DoesNotContain(Enumerable.Range(0, bodies[n].Length), i => bodies[n][i] != i % 251);
        }
    }

    [Fact]
    public async Task Client_ResetsAStream_ItsConnectionServesOn()
    {
        await using LannerServer server = await StartAsync("shapes_app", "--workers", "1", "--threads", "1");
        using HttpClient client = Client(server, "2.0");
        using (HttpResponseMessage endless = await client.GetAsync("/bytes?n=500000000&length=1", HttpCompletionOption.ResponseHeadersRead))
        {
            await using Stream body = await endless.Content.ReadAsStreamAsync();
            await body.ReadExactlyAsync(new byte[100_000]);
        }
        Assert.Equal("one chunk\n", await client.GetStringAsync("/one"));
    }

    [Fact]
    public async Task Hup_WithARenewedCertificate_NewConnectionsAreShownIt()
    {
        await using LannerServer server = await StartAsync("environ_app");
        using HttpClient before = Client(server, "2.0");
        (await before.GetAsync("/")).EnsureSuccessStatusCode();
        Issue("CN=second");
        server.Signal("HUP");
        await server.WaitForOutputAsync(static line => line.Contains("the certificate is now that of CN=second", StringComparison.Ordinal));
        string? shown = null;
        using HttpClient after = Client(server, "2.0", subject => shown = subject);
        (await after.GetAsync("/")).EnsureSuccessStatusCode();
        Assert.Equal("CN=second", shown);
        (await before.GetAsync("/")).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Hup_WithAnUnusableCertificate_ChangesNothingAndSaysWhy()
    {
        await using LannerServer server = await StartAsync("environ_app");
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(_folder.File("key.pem"), other.ExportPkcs8PrivateKeyPem());
        server.Signal("HUP");
        await server.WaitForOutputAsync(static line => line.Contains("tls_certificate cannot be used: ", StringComparison.Ordinal));
        using HttpClient client = Client(server, "1.1");
        (await client.GetAsync("/")).EnsureSuccessStatusCode();

        (int code, string[] output) = await LannerServer.RunToEndAsync(["check", "--config", _folder.File("lanner.toml")]);
        Assert.NotEqual(0, code);
        Assert.Contains(output, line => line.Contains($"tls_certificate cannot be used: {_folder.File("cert.pem")} and {_folder.File("key.pem")}: ", StringComparison.Ordinal));
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        return request;
    }

    /// <summary>Writes a certificate of the intermediate authority, with that, and its key.</summary>
    private void Issue(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.Create(_intermediate, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(8), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(_folder.File("cert.pem"), $"{made.ExportCertificatePem()}\n{_intermediate.ExportCertificatePem()}\n");
        File.WriteAllText(_folder.File("key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private Task<LannerServer> StartAsync(string app, params string[] arguments)
    {
        File.WriteAllText(_folder.File("lanner.toml"),
            $"[server]\nbind = [\"127.0.0.1:0\"]\ntls_certificate = \"cert.pem\"\ntls_key = \"key.pem\"\n[app.x]\napp = \"{app}\"\ndirectory = \"{Checkout.Apps}\"\npython = \"{LannerServer.DebianPython}\"\n");
        return LannerServer.StartAsync(["--config", _folder.File("lanner.toml"), .. arguments], python: "", bind: false);
    }

    private HttpClient Client(LannerServer server, string version, Action<string>? shown = null) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            // The root alone is known: the chain to it has to come from the server.
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _root }, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                shown?.Invoke(certificate!.Subject);
                return errors == SslPolicyErrors.None;
            },
        },
    })
    {
        BaseAddress = new Uri($"https://localhost:{server.Address.Port}"),
        DefaultRequestVersion = new Version(version),
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = LannerServer.Patience,
    };
}
