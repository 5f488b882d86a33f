using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;

namespace Lanner.Server.Telemetry;

/// <summary>
/// Tells the log, at most once a minute, that pushing fails, and why. The SDK itself reports that by an EventSource alone, which would make
/// the native program 1.5 MB larger; so it is seen where the requests of both protocols pass.
/// </summary>
internal sealed partial class OtlpFaults(TimeProvider time, ILogger log)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMinutes(1);

    private long _told;

    /// <summary>A client for the SDK whose failures are told.</summary>
    public HttpClient Client(TimeSpan timeout) => new(new Watch(this)) { Timeout = timeout };

    private void Tell(HttpRequestMessage request, string why)
    {
        long now = time.GetTimestamp(), told = Interlocked.Read(ref _told);
        if ((told == 0 || time.GetElapsedTime(told, now) >= s_pause) && Interlocked.CompareExchange(ref _told, now, told) == told)
            NotPushed(log, request.RequestUri?.AbsoluteUri ?? "", why);
    }

    [LoggerMessage(4030, LogLevel.Warning, "metrics or spans could not be pushed (otlp) to {Address}: {Why}")]
    private static partial void NotPushed(ILogger log, string address, string why);

    private sealed class Watch(OtlpFaults faults) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Seen(request, base.Send(request, cancellationToken));
            }
            catch (Exception e) when (Failed(request, e))
            {
                throw;
            }
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Seen(request, await base.SendAsync(request, cancellationToken));
            }
            catch (Exception e) when (Failed(request, e))
            {
                throw;
            }
        }

        private HttpResponseMessage Seen(HttpRequestMessage request, HttpResponseMessage answer)
        {
            if (!answer.IsSuccessStatusCode)
                faults.Tell(request, string.Create(CultureInfo.InvariantCulture, $"the collector answered {(int)answer.StatusCode}{(answer.StatusCode == HttpStatusCode.Unauthorized ? ", see headers" : "")}"));
            // A gRPC server that refuses a call says so in its head.
            else if (answer.Headers.TryGetValues("grpc-status", out IEnumerable<string>? status) && status.First() != "0")
                faults.Tell(request, $"the collector answered with the gRPC status {status.First()}");
            return answer;
        }

        private bool Failed(HttpRequestMessage request, Exception e)
        {
            faults.Tell(request, e is OperationCanceledException ? "the collector did not answer in time" : e.Message);
            return false;
        }
    }
}
