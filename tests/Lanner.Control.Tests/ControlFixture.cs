using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Lanner.Control.OpenApi;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Control.Tests;

/// <summary>A control API over a fake server, in a directory that goes with the test, and a client of it.</summary>
internal sealed class ControlFixture : IAsyncDisposable
{
    public const string Token = "s3cret token";

    /// <summary>What every answer is checked against.</summary>
    public static readonly ApiContract Contract = new(JsonDocument.Parse(OpenApiDocument.Write(Routes().All, "1.2.3")).RootElement);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("lanner-control-");
    private HttpClient? _client;

    public FakeServer Server { get; } = new();

    public ManualTime Time { get; } = new();

    public ControlHost Host { get; private set; } = null!;

    public string SocketPath => Path.Combine(_directory.FullName, "new", "control.sock");

    public string AuditPath => Path.Combine(_directory.FullName, "state", "audit.log");

    public HttpClient Client => _client ??= Connect();

    public static ControlRoutes Routes() => new(new FakeServer(), ControlGuard.Of(ControlAddress.Parse("unix:/nowhere"), null, TimeProvider.System), TimeProvider.System);

    public static async Task<ControlFixture> OverUnixAsync()
    {
        var fixture = new ControlFixture();
        fixture.Host = await fixture.StartAsync($"unix:{fixture.SocketPath}");
        return fixture;
    }

    public static async Task<ControlFixture> OverTcpAsync(string address = "127.0.0.1:0")
    {
        var fixture = new ControlFixture();
        fixture.Host = await fixture.StartAsync(address, Token);
        return fixture;
    }

    public Task<ControlHost> StartAsync(string address, string? token = null) =>
        ControlHost.StartAsync(Server, new ControlSettings { Address = address, Token = token, Time = Time, AuditLog = AuditPath }, NullLoggerFactory.Instance, CancellationToken.None);

    /// <summary>Sends a request and reads the answer as JSON.</summary>
    public async Task<(int Status, string? Type, JsonElement Body)> SendAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        (int status, string? type, string text) = await SendForTextAsync(method, path, body, headers);
        return (status, type, JsonDocument.Parse(text).RootElement);
    }

    public async Task<(int Status, string? Type, string Body)> SendForTextAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage response = await Client.SendAsync(request);
        (int status, string? type, string text) = ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync());
        Contract.Check(method, path, status, type, text);
        return (status, type, text);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (Host is not null)
            await Host.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private HttpClient Connect()
    {
        var handler = new SocketsHttpHandler { UseCookies = false };
        bool isUnix = Host.Address.StartsWith("unix:", StringComparison.Ordinal);
        if (isUnix)
        {
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            };
        }
        return new HttpClient(handler) { BaseAddress = new Uri($"http://{(isUnix ? "localhost" : Host.Address.Replace("*", "127.0.0.2", StringComparison.Ordinal))}") };
    }
}
