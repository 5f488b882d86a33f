using NATS.Client.Core;
using NATS.Client.JetStream;

namespace Lanner.State.Nats;

/// <summary>
/// One connection to one server, until it is lost: a connection of the library that is never made anew. What was being sent, asked and
/// listened to ends with it.
/// </summary>
internal sealed class NatsLink : IAsyncDisposable
{
    /// <summary>A server that has been quiet for so long is asked whether it is there.</summary>
    private static readonly TimeSpan s_pingAfter = TimeSpan.FromSeconds(3);

    /// <summary>A server that has been quiet for so long is taken for dead.</summary>
    private static readonly TimeSpan s_deadAfter = TimeSpan.FromSeconds(7);

    /// <summary>The library's own steps of closing; the socket is closed before, so they take no time but when its buffer was full.</summary>
    private static readonly TimeSpan s_closing = TimeSpan.FromSeconds(5);

    /// <summary>The first with what is used here: ordered reading, purging by subject, numbers of subjects.</summary>
    private static readonly Version s_oldest = new(2, 9);

    private readonly NatsOptions _options;
    private readonly Action<string> _denied;
    private readonly TimeProvider _time;
    private readonly NatsSocket _socket;
    private readonly NatsConnection _connection;
    private readonly NatsJSContext _jetStream;
    private readonly CancellationTokenSource _ending = new();
    private volatile string _reason = "it was closed by the server";
    private Task _watching = Task.CompletedTask;
    private long _heard;

    private NatsLink(NatsEndpoint server, NatsOptions options, Action<string> denied, TimeProvider time)
    {
        _options = options;
        _denied = denied;
        _time = time;
        Server = server;
        Lost = _ending.Token;
        _socket = new NatsSocket(server);
        _connection = new NatsConnection(NatsLinkOptions.Of(server, options, _socket));
        _jetStream = new NatsJSContext(_connection);
        _connection.ServerError += OnServerError;
        _connection.ConnectionDisconnected += async (_, _) => await _ending.CancelAsync();
    }

    public NatsEndpoint Server { get; }

    /// <summary>The server, as users write it.</summary>
    public string Where => _options.Address.Of(Server);

    /// <summary>What the server says of itself, kept up to date.</summary>
    public INatsServerInfo Info => _connection.ServerInfo!;

    /// <summary>Cancelled when the connection is lost.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Why it was lost.</summary>
    public string Reason => _reason;

    /// <summary>Connects to a server.</summary>
    /// <param name="server">Which.</param>
    /// <param name="options">How.</param>
    /// <param name="denied">Called with the server's words when it forbids something to this user.</param>
    /// <param name="time">Measures how long the server has been quiet.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LogFaultException">It cannot be reached, or does not want us; the message is a sentence for the user.</exception>
    public static async Task<NatsLink> OpenAsync(NatsEndpoint server, NatsOptions options, Action<string> denied, TimeProvider time, CancellationToken cancellationToken)
    {
        var link = new NatsLink(server, options, denied, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, link.Lost);
        Task connecting = link._connection.ConnectAsync().AsTask();
        try
        {
            await connecting.WaitAsync(NatsLinkOptions.PatienceToOpen, time, stop.Token);
            link.RequireVersion();
            link.Hear();
            link._watching = link.WatchAsync();
            return link;
        }
        catch (Exception e)
        {
            // Looked at before the socket is closed, which is a failure too.
            LogFaultException problem = link.Problem(e);
            await link.DisposeAsync();
            await connecting.WaitAsync(s_closing, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            throw problem;
        }
    }

    /// <summary>Does something with JetStream; it has ended with the connection, at the latest after some seconds.</summary>
    /// <exception cref="LogFaultException">There is no answer; what that means is in it.</exception>
    /// <exception cref="NatsJSApiException">JetStream refuses.</exception>
    public Task<T> CallAsync<T>(Func<NatsJSContext, CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken) =>
        AskAsync(token => call(_jetStream, token), cancellationToken);

    /// <summary>Sends a message and waits for the answer.</summary>
    /// <exception cref="LogFaultException">There is none; what that means is in it.</exception>
    public async Task<NatsMsg<T>> RequestAsync<T>(string subject, NatsHeaders? headers, ReadOnlyMemory<byte> payload, INatsDeserialize<T> answer, CancellationToken cancellationToken) =>
        await AskAsync(token => _connection.RequestAsync(subject, payload, headers, NatsRawSerializer<ReadOnlyMemory<byte>>.Default, answer, cancellationToken: token), cancellationToken);

    /// <summary>Sends a message; it may be lost.</summary>
    public async ValueTask PublishAsync(string subject, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Lost);
        try
        {
            await _connection.PublishAsync(subject, payload, serializer: NatsRawSerializer<ReadOnlyMemory<byte>>.Default, cancellationToken: stop.Token);
        }
        catch (Exception e) when (IsOfLibrary(e) || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Lost with the connection.
        }
    }

    /// <summary>Listens to a subject, until the connection is lost.</summary>
    /// <param name="subject">The subject.</param>
    /// <param name="waiting">Messages that wait to be read; more are lost.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LogFaultException">The connection is lost.</exception>
    public async Task<INatsSub<byte[]>> SubscribeAsync(string subject, int waiting, CancellationToken cancellationToken)
    {
        var options = new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = waiting } };
        return await AskAsync(token => _connection.SubscribeCoreAsync(subject, serializer: NatsRawSerializer<byte[]>.Default, opts: options, cancellationToken: token), cancellationToken);
    }

    /// <summary>Something came from the server: it lives.</summary>
    public void Hear() => Volatile.Write(ref _heard, _time.GetTimestamp());

    /// <summary>Whether it is one of the library's failures: also of what it does when it is used while it is disposed of.</summary>
    public static bool IsOfLibrary(Exception failure) => failure is NatsException or ObjectDisposedException or InvalidOperationException;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _socket.Dispose();
        await _watching;
        await _connection.DisposeAsync().AsTask().WaitAsync(s_closing, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private LogFaultException Problem(Exception failure)
    {
        if (Lost.IsCancellationRequested)
            return new LogFaultException(LogFault.Refused, $"{Where} refuses the connection: {Reason}", failure);
        return failure as LogFaultException ?? NatsLinkProblem.Of(failure, _socket, _connection.ServerInfo, Where, _options);
    }

    private void RequireVersion()
    {
        string version = Info.Version.Split('-', '+')[0];
        if (!Info.HeadersSupported || !Version.TryParse(version, out Version? number) || number < s_oldest)
            throw new LogFaultException(LogFault.Refused, $"{Where} is nats-server {Info.Version}: it has to be {s_oldest} or newer");
    }

    private async Task<T> AskAsync<T>(Func<CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        if (Lost.IsCancellationRequested)
            throw new LogFaultException(LogFault.NotSent, "the connection to NATS is lost");
        using var patience = new CancellationTokenSource(NatsLinkOptions.Patience, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Lost, patience.Token);
        try
        {
            T answer = await ask(stop.Token);
            Hear();
            return answer;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LogFaultException(LogFault.NoAnswer,
                Lost.IsCancellationRequested ? "the connection to NATS was lost before the answer" : $"no answer from NATS within {NatsLinkOptions.Patience.TotalSeconds:0.#} s", e);
        }
        catch (NatsJSApiException)
        {
            Hear();
            throw;
        }
        catch (NatsNoRespondersException e)
        {
            Hear();
            throw new LogFaultException(LogFault.NoResponders, "nobody in NATS listens", e);
        }
        catch (NatsPayloadTooLargeException e)
        {
            throw new LogFaultException(LogFault.Refused, $"{Where} does not take a message so large ({e.Message}): raise its max_payload", e);
        }
        catch (NatsTimeoutException e)
        {
            // It waited to be put into the buffer, and was not.
            throw new LogFaultException(LogFault.NotSent, "the connection to NATS takes nothing at the moment", e);
        }
        catch (Exception e) when (IsOfLibrary(e))
        {
            throw new LogFaultException(LogFault.NoAnswer, $"no answer from NATS: {e.Message}", e);
        }
    }

    private ValueTask OnServerError(object? sender, NatsServerErrorEventArgs error)
    {
        // What is about permissions does not end the connection; all else does.
        if (error.Kind == NatsServerErrorKind.PermissionsViolation)
            _denied(error.Error);
        else
            _reason = error.Error;
        return ValueTask.CompletedTask;
    }

    private async Task WatchAsync()
    {
        Task asked = Task.CompletedTask;
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _time, Lost);
                TimeSpan quiet = _time.GetElapsedTime(Volatile.Read(ref _heard));
                if (quiet > s_deadAfter)
                {
                    _reason = $"nothing came from the server for {quiet.TotalSeconds:0} s";
                    await _ending.CancelAsync();
                }
                else if (quiet > s_pingAfter && asked.IsCompleted)
                {
                    // It may wait in line: then the watch goes on.
                    asked = PingAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            await asked;
        }
    }

    private async Task PingAsync()
    {
        try
        {
            await _connection.PingAsync(Lost);
            Hear();
        }
        catch (Exception e) when (e is OperationCanceledException || IsOfLibrary(e))
        {
            // The watch notices that nothing comes.
        }
    }
}
