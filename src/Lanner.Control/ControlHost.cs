using Lanner.Control.Events;
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
    /// <summary>For answers that are being written when the server ends.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private readonly KestrelServer _kestrel;
    private readonly ServerEvents _events;

    private ControlHost(KestrelServer kestrel, string address, ServerEvents events)
    {
        _kestrel = kestrel;
        _events = events;
        Address = address;
    }

    /// <summary>Where it listens, with the port that the system chose.</summary>
    public string Address { get; }

    /// <summary>Listens; done when it answers.</summary>
    /// <param name="server">What is controlled.</param>
    /// <param name="settings">Where, and for whom.</param>
    /// <param name="logs">Where failures are logged.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="IOException">It cannot listen there; the message is one sentence for the user.</exception>
    public static async Task<ControlHost> StartAsync(IControlledServer server, ControlSettings settings, ILoggerFactory logs, CancellationToken cancellationToken)
    {
        ControlAddress place = ControlAddress.Parse(settings.Address);
        ControlGuard guard = ControlGuard.Of(place, settings.Token, settings.Time);

        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = ControlRoute.UsualBody;
        place.Listen(options);
        var sockets = new SocketTransportOptions { IOQueueCount = 1, CreateBoundListenSocket = ControlSocket.Bind };
        var kestrel = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(sockets), logs), logs);
        try
        {
            ILogger log = logs.CreateLogger<ControlHost>();
            var audit = new AuditLog(settings.AuditLog, server.Events, settings.Time, log);
            await kestrel.StartAsync(new Application(new ControlRoutes(server, guard, settings.Time), guard, audit, log), cancellationToken);
        }
        catch
        {
            kestrel.Dispose();
            throw;
        }
        return new ControlHost(kestrel, place.Actual(kestrel.Features.Get<IServerAddressesFeature>()!.Addresses), server.Events);
    }

    /// <summary>Ends those who read events, removes the socket, then closes the connections, which tells a waiting <c>lanner stop</c> that the server has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        _events.Close();
        using var patience = new CancellationTokenSource(s_grace);
        await _kestrel.StopAsync(patience.Token);
        _kestrel.Dispose();
    }

    [LoggerMessage(4001, LogLevel.Error, "the control API failed at {Method} {Path}")]
    private static partial void Failed(ILogger log, Exception failure, string method, string path);

    private sealed class Application(ControlRoutes routes, ControlGuard guard, AuditLog audit, ILogger log) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public async Task ProcessRequestAsync(HttpContext context)
        {
            CancellationToken left = context.RequestAborted;
            try
            {
                ControlAnswer answer = await AnswerAsync(context);
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

        /// <summary>Who may not ask is not told either what there is.</summary>
        private async Task<ControlAnswer> AnswerAsync(HttpContext context)
        {
            (ControlRoute? route, string[] values, ControlAnswer? instead) = routes.Find(context.Request);
            Admission admission = guard.Admit(context, route is { IsOpen: true });
            if (admission.Refusal is { } refusal)
            {
                if (admission.IsWrongToken)
                    await audit.WriteAsync("login", context, null, null, null, refusal.Status);
                return refusal;
            }
            if (instead is not null)
                return instead;
            var request = new ControlRequest(context, admission.Caller!, values, route!.LongestBody);
            if (route.Change is not { } change)
                return await AnswerAsync(route, request);
            // The connection of a client that leaves does not tell any more whose it was.
            UnixPeer.Remember(context);
            int status = StatusCodes.Status499ClientClosedRequest;
            try
            {
                ControlAnswer answer = await AnswerAsync(route, request);
                status = answer.Status;
                return answer;
            }
            finally
            {
                await audit.WriteAsync(change, context, admission.Caller, values.Length > 0 ? values[0] : null, request.Note, status);
            }
        }

        private async Task<ControlAnswer> AnswerAsync(ControlRoute route, ControlRequest request)
        {
            try
            {
                return await route.Answer(request);
            }
            catch (OperationCanceledException) when (!request.Left.IsCancellationRequested)
            {
                return ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, "stopping", "the server is stopping");
            }
            catch (Microsoft.AspNetCore.Http.BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
            {
                return ControlAnswer.Problem(e.StatusCode, "too-large", $"the body is longer than {request.LongestBody} bytes");
            }
            catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
            {
                return ControlAnswer.Problem(StatusCodes.Status400BadRequest, "bad-http", e.Message);
            }
            catch (Exception e) when (!request.Left.IsCancellationRequested)
            {
                Failed(log, e, request.Http.Method, request.Http.Path);
                return ControlAnswer.Problem(StatusCodes.Status500InternalServerError, "failed", "the request could not be answered; the log has the reason");
            }
        }
    }
}
