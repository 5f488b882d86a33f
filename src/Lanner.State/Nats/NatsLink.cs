using System.Buffers;
using System.IO.Pipelines;

namespace Lanner.State.Nats;

/// <summary>
/// One connection to one server, until it is lost. What is to be sent goes into a buffer of a bounded size, from which
/// one loop writes; who finds it full waits. Frames are handed over by the loop that reads, one after the other.
/// </summary>
internal sealed class NatsLink : IAsyncDisposable
{
    /// <summary>Bytes that wait to be sent before the next message has to wait.</summary>
    private const int MostPending = 8 * 1024 * 1024;

    /// <summary>A server that has been quiet for so long is asked whether it is there.</summary>
    private static readonly TimeSpan s_pingAfter = TimeSpan.FromSeconds(3);

    /// <summary>A server that has been quiet for so long is taken for dead.</summary>
    private static readonly TimeSpan s_deadAfter = TimeSpan.FromSeconds(7);

    private readonly Stream _stream;
    private readonly Action<NatsFrame> _received;
    private readonly TimeProvider _time;
    private readonly Pipe _output = new(new PipeOptions(
        pauseWriterThreshold: MostPending, resumeWriterThreshold: MostPending / 2, minimumSegmentSize: 32 * 1024, useSynchronizationContext: false));
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _running;
    private long _heard;
    private volatile string _lastError = "";

    private NatsLink(Stream stream, NatsEndpoint server, NatsServerInfo info, Action<NatsFrame> received, TimeProvider time)
    {
        _stream = stream;
        Server = server;
        Info = info;
        _received = received;
        _time = time;
        _heard = time.GetTimestamp();
        Lost = _ending.Token;
        _running = RunAsync();
    }

    public NatsEndpoint Server { get; }

    /// <summary>What the server said of itself when it was greeted.</summary>
    public NatsServerInfo Info { get; }

    /// <summary>Cancelled when the connection is lost.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Why it was lost; there when <see cref="Ended"/> is done.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>Done when it is lost.</summary>
    public Task Ended => _running;

    /// <summary>Connects to a server and greets it.</summary>
    /// <exception cref="NatsException">It cannot be reached, or does not want us; the message says why.</exception>
    public static async Task<NatsLink> OpenAsync(NatsEndpoint server, NatsOptions options, Action<NatsFrame> received, TimeProvider time, CancellationToken cancellationToken)
    {
        (Stream stream, NatsServerInfo info) = await NatsGreeting.GreetAsync(server, options, time, cancellationToken);
        return new NatsLink(stream, server, info, received, time);
    }

    /// <summary>Puts something into the buffer, in the order of the calls; done when there is room for the next.</summary>
    /// <exception cref="NatsException">The connection is lost; nothing was sent where this is found at once.</exception>
    public async ValueTask SendAsync<T>(T content, Action<IBufferWriter<byte>, T> write, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (Lost.IsCancellationRequested)
                throw new NatsException(NatsFailure.NotSent, "the connection to NATS is lost");
            write(_output.Writer, content);
            // Not to be cancelled: it is in the buffer.
            await _output.Writer.FlushAsync(CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
        // Not the semaphore: somebody may still be waiting for it, to be told that the connection is lost.
        _ending.Dispose();
    }

    private async Task RunAsync()
    {
        Task<string>[] loops = [ReadAsync(), WriteAsync(), WatchAsync()];
        string reason = await await Task.WhenAny(loops);
        Reason = _lastError.Length > 0 ? _lastError : reason;
        await _ending.CancelAsync();
        await _stream.DisposeAsync();
        await Task.WhenAll(loops);
        await _output.Reader.CompleteAsync();
    }

    private async Task<string> ReadAsync()
    {
        PipeReader input = PipeReader.Create(_stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        var parser = new NatsParser();
        try
        {
            while (true)
            {
                ReadResult read = await input.ReadAsync(_ending.Token);
                ReadOnlySequence<byte> buffer = read.Buffer;
                Volatile.Write(ref _heard, _time.GetTimestamp());
                while (parser.TryRead(ref buffer, out NatsFrame frame))
                    Take(frame);
                input.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted)
                    return "it was closed by the server";
            }
        }
        catch (Exception e)
        {
            // Whatever it is: the connection is of no use any more, and a new one begins afresh.
            return e.Message;
        }
        finally
        {
            await input.CompleteAsync();
        }
    }

    private void Take(NatsFrame frame)
    {
        switch (frame.Kind)
        {
            case NatsFrameKind.Ping:
                _ = AnswerAsync();
                break;
            case NatsFrameKind.Message or NatsFrameKind.Info:
                _received(frame);
                break;
            case NatsFrameKind.Error:
                // What is about permissions does not end the connection; all else does.
                if (!NatsGreeting.IsAboutPermissions(frame.Text))
                    _lastError = frame.Text;
                _received(frame);
                break;
            default:
                break;
        }
    }

    private async Task AnswerAsync()
    {
        try
        {
            await SendAsync(0, static (output, _) => NatsCommands.Pong(output), CancellationToken.None);
        }
        catch (NatsException)
        {
            // It is lost: the loops say so.
        }
    }

    private async Task<string> WriteAsync()
    {
        try
        {
            while (true)
            {
                ReadResult read = await _output.Reader.ReadAsync(_ending.Token);
                foreach (ReadOnlyMemory<byte> part in read.Buffer)
                    await _stream.WriteAsync(part, _ending.Token);
                _output.Reader.AdvanceTo(read.Buffer.End);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Who waits for room is let go.
            await _output.Reader.CompleteAsync();
            return e.Message;
        }
    }

    private async Task<string> WatchAsync()
    {
        Task asked = Task.CompletedTask;
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _time, _ending.Token);
                TimeSpan quiet = _time.GetElapsedTime(Volatile.Read(ref _heard));
                if (quiet > s_deadAfter)
                    return $"nothing came from the server for {quiet.TotalSeconds:0} s";
                // The buffer may be full: then this waits in line, and the watch goes on.
                if (quiet > s_pingAfter && asked.IsCompleted)
                    asked = SendAsync(0, static (output, _) => NatsCommands.Ping(output), CancellationToken.None).AsTask();
            }
        }
        catch (OperationCanceledException)
        {
            return "it was closed";
        }
        finally
        {
            _ = asked.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }
}
