using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Lanner.Server.Configuration;

namespace Lanner.Server.Commands;

/// <summary>Asks the control API of a running server, over its Unix socket or over TCP.</summary>
internal sealed class ControlClient : IDisposable
{
    /// <summary>What only reads is answered at once; stacks of a stuck worker within seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const int MostConnections = 16;

    private readonly BindAddress _address;
    private readonly HttpClient _http;

    public ControlClient(BindAddress address, string? token)
    {
        _address = address;
        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = async (_, cancellationToken) => await OpenAsync(cancellationToken), UseProxy = false, UseCookies = false, MaxConnectionsPerServer = MostConnections })
        {
            BaseAddress = new Uri(address is TcpBindAddress tcp ? $"http://{Reachable(tcp)}" : "http://localhost"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (!string.IsNullOrEmpty(token)) _http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}");
    }

    /// <summary>Reads.</summary>
    /// <exception cref="CommandFailure">There is no server, or it refused.</exception>
    public async Task<ControlReply> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await SendAsync(HttpMethod.Get, path, null, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandFailure($"the server at {_address} did not answer within {Patience.TotalSeconds:0} s");
        }
    }

    /// <summary>Reads server-sent events until the server ends them or the caller has enough: name and data of each.</summary>
    /// <exception cref="CommandFailure">There is no server, or it refused.</exception>
    public async Task FollowAsync(string path, Func<string, JsonElement, Task> take, CancellationToken cancellationToken, Func<Task>? opened = null)
    {
        try
        {
            using var response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!response.IsSuccessStatusCode)
                throw ControlRefusal.Of(JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken)).RootElement, _address.ToString()!);
            if (opened is not null) await opened();
            var events = SseParser.Create(await response.Content.ReadAsStreamAsync(cancellationToken));
            await foreach (var item in events.EnumerateAsync(cancellationToken)) await take(item.EventType, JsonDocument.Parse(item.Data).RootElement);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw e.InnerException as CommandFailure ?? new CommandFailure($"the server at {_address} is gone: {e.Message}");
        }
        catch (JsonException)
        {
            throw new CommandFailure($"what answers at {_address} is not a Lanner server's control API");
        }
    }

    /// <summary>Has something done, for as long as it takes.</summary>
    /// <exception cref="CommandFailure">There is no server, or it refused.</exception>
    public Task<ControlReply> PostAsync(string path, CancellationToken cancellationToken, string? json = null) => SendAsync(HttpMethod.Post, path, json, cancellationToken);

    /// <inheritdoc cref="PostAsync"/>
    public Task<ControlReply> PatchAsync(string path, string json, CancellationToken cancellationToken, string? ifMatch = null) => SendAsync(HttpMethod.Patch, path, json, cancellationToken, ifMatch);

    /// <inheritdoc cref="PostAsync"/>
    public Task<ControlReply> PutAsync(string path, string json, CancellationToken cancellationToken) => SendAsync(HttpMethod.Put, path, json, cancellationToken);

    /// <summary>A connection on which nothing is sent; see <see cref="WaitForEndAsync"/>.</summary>
    /// <exception cref="CommandFailure">There is no server.</exception>
    public async Task<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        var socket = _address is UnixBindAddress
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (_address is UnixBindAddress unix) await socket.ConnectAsync(new UnixDomainSocketEndPoint(unix.Path), cancellationToken);
            else await socket.ConnectAsync(_http.BaseAddress!.IdnHost, _http.BaseAddress.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new CommandFailure(e.SocketErrorCode == SocketError.AccessDenied
                ? $"the control socket {_address} may only be used by the user who runs the server"
                : $"no server answers at {_address}: is it running? If it was started in another directory, go there or say --control ADDRESS");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits until the server is gone: it closes the connection, and there is no other to be had.</summary>
    public async Task WaitForEndAsync(Stream connection, CancellationToken cancellationToken)
    {
        var nothing = new byte[1];
        try
        {
            // An idle connection may also be closed for its age.
            for (; ; connection = await OpenAsync(cancellationToken))
            {
                await using (connection)
                {
                    try
                    {
                        while (await connection.ReadAsync(nothing, cancellationToken) > 0)
                        {
                        }
                    }
                    catch (IOException)
                    {
                        // The same as closed.
                    }
                }
            }
        }
        catch (CommandFailure)
        {
            // Nobody answers any more.
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<ControlReply> SendAsync(HttpMethod method, string path, string? json, CancellationToken cancellationToken, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            var root = JsonDocument.Parse(text).RootElement;
            return response.IsSuccessStatusCode ? new ControlReply(text, root) { ETag = response.Headers.ETag?.Tag ?? "" } : throw ControlRefusal.Of(root, _address.ToString()!);
        }
        catch (HttpRequestException e)
        {
            throw e.InnerException as CommandFailure ?? new CommandFailure($"the server at {_address} ended before it answered: {e.Message}");
        }
        catch (JsonException)
        {
            throw new CommandFailure($"what answers at {_address} is not a Lanner server's control API");
        }
    }

    /// <summary>A server that listens on every address is asked on the loopback.</summary>
    private static TcpBindAddress Reachable(TcpBindAddress address) => address.Host is "*" or "0.0.0.0" or "::" ? address with { Host = "localhost" } : address;
}

/// <summary>An answer, as it came and parsed.</summary>
internal sealed record ControlReply(string Text, JsonElement Json)
{
    /// <summary>The entity tag, in quotes; empty when there is none.</summary>
    public string ETag { get; init; } = "";
}
