using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Lanner.State.Nats;

/// <summary>
/// A connection to one of the servers of NATS, made anew when it is lost, with its subscriptions. Requests are answered
/// to one inbox. What was sent before the connection was lost may have been delivered or not: who sent it knows what to do.
/// </summary>
internal sealed partial class NatsConnection : IAsyncDisposable
{
    private readonly NatsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly NatsServers _servers;
    private readonly ConcurrentDictionary<long, Subscription> _subscriptions = new();
    private readonly ConcurrentDictionary<long, TaskCompletionSource<NatsMessage>> _requests = new();
    private readonly string _replies;
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationToken _ended;
    private readonly Task _running;
    private volatile NatsLink? _link;
    private volatile string? _problem;
    private volatile string? _denied;
    private volatile TaskCompletionSource _change = NewChange();
    private long _numbers;

    public NatsConnection(NatsOptions options, TimeProvider time, ILogger log)
    {
        _options = options;
        _time = time;
        _log = log;
        _ended = _ending.Token;
        _servers = new NatsServers(options.Address);
        _problem = $"{options.Address} has not answered yet";
        Inbox = $"_INBOX.{Guid.NewGuid():N}";
        _replies = $"{Inbox}.r.";
        long number = Interlocked.Increment(ref _numbers);
        _subscriptions[number] = new Subscription($"{_replies}*", Answer);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Subjects that begin so are this connection's alone.</summary>
    public string Inbox { get; }

    /// <summary>Why there is no connection, a sentence for the user; null: there is one, or a lost one is about to be replaced.</summary>
    public string? Problem => _problem;

    /// <summary>What the server last forbade this user to do, a sentence; null: nothing.</summary>
    public string? Denied => _denied;

    /// <summary>Called when <see cref="Problem"/> has become another; it returns soon.</summary>
    public Action? ProblemChanged { get; set; }

    /// <summary>The connection that there is; null: none at the moment.</summary>
    public NatsLink? Link => _link is { Lost.IsCancellationRequested: false } link ? link : null;

    /// <summary>The connection, as soon as there is one.</summary>
    /// <param name="patient">Whether to wait also while there is a <see cref="Problem"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NatsException">There is a problem.</exception>
    public async Task<NatsLink> LinkAsync(bool patient, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change = _change.Task;
            if (Link is { } link)
                return link;
            if (!patient && _problem is { } problem)
                throw new NatsException(NatsFailure.NotSent, problem);
            _ended.ThrowIfCancellationRequested();
            await change.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Has messages of a subject handed to a function that returns soon, one after the other.</summary>
    /// <returns>What to end it with.</returns>
    public async ValueTask<long> SubscribeAsync(string subject, Action<NatsMessage> handle, CancellationToken cancellationToken)
    {
        long number = Interlocked.Increment(ref _numbers);
        _subscriptions[number] = new Subscription(subject, handle);
        // A connection that comes later begins with all that are known.
        if (Link is { } link)
            await TrySendAsync(link, (subject, number), static (output, what) => NatsCommands.Subscribe(output, what.subject, what.number), cancellationToken);
        return number;
    }

    public async ValueTask UnsubscribeAsync(long subscription)
    {
        if (_subscriptions.TryRemove(subscription, out _) && Link is { } link)
            await TrySendAsync(link, subscription, NatsCommands.Unsubscribe, CancellationToken.None);
    }

    /// <summary>Sends a message, if there is a connection; it may be lost with it.</summary>
    public async ValueTask PublishAsync(string subject, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        if (Link is { } link)
        {
            await TrySendAsync(link, (subject, payload),
                static (output, what) => NatsCommands.Publish(output, what.subject, null, default, what.payload.Span), cancellationToken);
        }
    }

    /// <summary>Sends a message and waits for the answer.</summary>
    /// <param name="subject">Where to.</param>
    /// <param name="headers">As they stand on the wire; empty: none.</param>
    /// <param name="payload">The message.</param>
    /// <param name="patience">For how long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NatsException">There is none; what that means is in it.</exception>
    public async Task<NatsMessage> RequestAsync(string subject, ReadOnlyMemory<byte> headers, ReadOnlyMemory<byte> payload, TimeSpan patience, CancellationToken cancellationToken)
    {
        NatsLink link = Link ?? throw new NatsException(NatsFailure.NotSent, _problem ?? "the connection to NATS is being made anew");
        if (headers.Length + payload.Length > link.Info.MaxPayload)
            throw new NatsException(NatsFailure.Refused, $"a message of {headers.Length + payload.Length:N0} bytes is more than {_options.Address.Of(link.Server)} takes: raise its max_payload");
        long number = Interlocked.Increment(ref _numbers);
        var answered = new TaskCompletionSource<NatsMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests[number] = answered;
        try
        {
            string replyTo = _replies + number.ToString(CultureInfo.InvariantCulture);
            await link.SendAsync((subject, replyTo, headers, payload),
                static (output, what) => NatsCommands.Publish(output, what.subject, what.replyTo, what.headers.Span, what.payload.Span), cancellationToken);
            NatsMessage answer = await answered.Task.WaitAsync(patience, _time, cancellationToken);
            return answer.Status == 503 ? throw new NatsException(NatsFailure.NoResponders, $"nobody listens to {subject}") : answer;
        }
        catch (TimeoutException e)
        {
            throw new NatsException(NatsFailure.NoAnswer, $"no answer from {subject} within {patience.TotalSeconds:0.#} s", e);
        }
        finally
        {
            _requests.TryRemove(number, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
        Changed();
        _ending.Dispose();
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async ValueTask TrySendAsync<T>(NatsLink link, T content, Action<IBufferWriter<byte>, T> write, CancellationToken cancellationToken)
    {
        try
        {
            await link.SendAsync(content, write, cancellationToken);
        }
        catch (NatsException)
        {
            // Lost with the connection.
        }
    }

    private void Changed() => Interlocked.Exchange(ref _change, NewChange()).TrySetResult();

    private void SetProblem(string? problem)
    {
        if (_problem == problem)
            return;
        _problem = problem;
        Changed();
        ProblemChanged?.Invoke();
    }

    private void Take(NatsFrame frame)
    {
        switch (frame.Kind)
        {
            case NatsFrameKind.Message:
                if (_subscriptions.TryGetValue(frame.Message!.Subscription, out Subscription? subscription))
                    subscription.Handle(frame.Message);
                break;
            case NatsFrameKind.Info:
                _servers.Learn(NatsGreeting.Read(frame.Text)?.ConnectUrls);
                break;
            case NatsFrameKind.Error when NatsGreeting.IsAboutPermissions(frame.Text):
                _denied = $"the user of {_options.Address} lacks a permission: {frame.Text}. Allow it to publish and subscribe to {_options.Cluster}.>, $JS.> and _INBOX.>";
                Refused(_log, _denied);
                break;
            case NatsFrameKind.Error:
                Refused(_log, $"{_options.Address} ends the connection: {frame.Text}");
                break;
            default:
                break;
        }
    }

    private void Answer(NatsMessage message)
    {
        if (message.Subject.StartsWith(_replies, StringComparison.Ordinal)
            && long.TryParse(message.Subject.AsSpan(_replies.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && _requests.TryGetValue(number, out TaskCompletionSource<NatsMessage>? waiting))
        {
            waiting.TrySetResult(message);
        }
    }

    private sealed record Subscription(string Subject, Action<NatsMessage> Handle);
}
