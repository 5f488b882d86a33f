using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lanner.Control;

/// <summary>
/// Serves the control API on an address of its own, from the start of the server to its end: it answers while Python
/// imports and while the public listeners drain. A bare Kestrel without host and container: it lies on the server's way
/// to its first answer.
/// </summary>
public sealed partial class ControlHost : IAsyncDisposable
{
    private const int LongestBody = 4 * 1024 * 1024;

    /// <summary>For answers that are being written when the server ends.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private readonly KestrelServer _kestrel;

    private ControlHost(KestrelServer kestrel, string address)
    {
        _kestrel = kestrel;
        Address = address;
    }

    /// <summary>Where it listens, with the port that the system chose.</summary>
    public string Address { get; }

    /// <summary>Listens; done when it answers.</summary>
    /// <param name="server">What is controlled.</param>
    /// <param name="address"><c>unix:/absolute/path</c> or <c>HOST:PORT</c>.</param>
    /// <param name="token">What clients on TCP must show; not asked for on a Unix socket, which is its owner's alone.</param>
    /// <param name="logs">Where failures are logged.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="IOException">It cannot listen there; the message is one sentence for the user.</exception>
    public static async Task<ControlHost> StartAsync(IControlledServer server, string address, string? token, ILoggerFactory logs, CancellationToken cancellationToken)
    {
        ControlAddress place = ControlAddress.Parse(address);
        ControlGuard? guard = null;
        if (place is TcpControlAddress tcp)
            guard = string.IsNullOrEmpty(token) ? throw new IOException($"the control address {address} needs a token, as others can reach it: set control_token") : new ControlGuard(tcp, token);

        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = LongestBody;
        place.Listen(options);
        var sockets = new SocketTransportOptions { IOQueueCount = 1, CreateBoundListenSocket = ControlSocket.Bind };
        var kestrel = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(sockets), logs), logs);
        try
        {
            await kestrel.StartAsync(new Application(new ControlRoutes(server), guard, logs.CreateLogger<ControlHost>()), cancellationToken);
        }
        catch
        {
            kestrel.Dispose();
            throw;
        }
        return new ControlHost(kestrel, place.Actual(kestrel.Features.Get<IServerAddressesFeature>()!.Addresses));
    }

    /// <summary>Removes the socket, then closes the connections, which tells a waiting <c>lanner stop</c> that the server has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(s_grace);
        await _kestrel.StopAsync(patience.Token);
        _kestrel.Dispose();
    }

    [LoggerMessage(4001, LogLevel.Error, "the control API failed at {Method} {Path}")]
    private static partial void Failed(ILogger log, Exception failure, string method, string path);

    private sealed class Application(ControlRoutes routes, ControlGuard? guard, ILogger log) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public async Task ProcessRequestAsync(HttpContext context)
        {
            CancellationToken left = context.RequestAborted;
            try
            {
                ControlAnswer answer = guard?.Refusal(context) ?? await AnswerAsync(context.Request, left);
                await answer.WriteAsync(context.Response, left);
            }
            catch (OperationCanceledException) when (left.IsCancellationRequested)
            {
                // Nobody waits for the answer.
            }
        }

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }

        private async Task<ControlAnswer> AnswerAsync(HttpRequest request, CancellationToken left)
        {
            try
            {
                return await routes.AnswerAsync(request, left);
            }
            catch (OperationCanceledException) when (!left.IsCancellationRequested)
            {
                return ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, "stopping", "the server is stopping");
            }
            catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
            {
                return ControlAnswer.Problem(e.StatusCode, "bad-request", e.Message);
            }
            catch (Exception e) when (!left.IsCancellationRequested)
            {
                Failed(log, e, request.Method, request.Path);
                return ControlAnswer.Problem(StatusCodes.Status500InternalServerError, "failed", "the request could not be answered; the log has the reason");
            }
        }
    }
}
