using System.Net;
using System.Net.Sockets;

namespace Functional.Tests.Metrics;

/// <summary>A collector: takes what is pushed over HTTP and keeps it.</summary>
internal sealed class OtlpReceiver : IDisposable
{
    private readonly HttpListener _listener;
    private readonly Task _receiving;
    private readonly Lock _gate = new();
    private readonly List<PushedSpan> _spans = [];
    private readonly Dictionary<string, PushedMetric> _metrics = new(StringComparer.Ordinal);
    private readonly List<string> _keys = [];
    private TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OtlpReceiver()
    {
        (_listener, Address) = Listen();
        _receiving = ReceiveAsync();
    }

    /// <summary>Where it listens.</summary>
    public string Address { get; }

    /// <summary>The header <c>X-Key</c> of each push.</summary>
    public IReadOnlyList<string> Keys
    {
        get
        {
            lock (_gate)
                return [.. _keys];
        }
    }

    public IReadOnlyList<PushedSpan> Spans
    {
        get
        {
            lock (_gate)
                return [.. _spans];
        }
    }

    /// <summary>Waits until the latest of a metric satisfies a condition.</summary>
    public async Task<PushedMetric> MetricAsync(string name, Func<PushedMetric, bool> condition)
    {
        PushedMetric? found = null;
        await UntilAsync(() => _metrics.TryGetValue(name, out found) && condition(found), () => $"{name}; there are {string.Join(", ", _metrics.Keys)}");
        return found!;
    }

    /// <summary>Waits for so many spans of a trace.</summary>
    public async Task<IReadOnlyList<PushedSpan>> TraceAsync(string traceId, int spans)
    {
        await UntilAsync(() => _spans.Count(span => span.TraceId == traceId) >= spans, () => $"{spans} spans of {traceId}");
        return [.. Spans.Where(span => span.TraceId == traceId)];
    }

    public void Dispose()
    {
        _listener.Close();
        Assert.True(_receiving.Wait(LannerServer.Patience));
    }

    private async Task UntilAsync(Func<bool> condition, Func<string> what)
    {
        using var deadline = new CancellationTokenSource(LannerServer.Patience);
        while (true)
        {
            Task came;
            lock (_gate)
            {
                if (condition())
                    return;
                came = _came.Task;
            }
            try
            {
                await came.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"what was awaited was not pushed: {what()}");
            }
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                Take(context.Request, new Protobuf(body.ToArray()));
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private void Take(HttpListenerRequest request, Protobuf message)
    {
        lock (_gate)
        {
            _keys.Add(request.Headers["X-Key"] ?? "");
            foreach (Protobuf scope in message.All(1).SelectMany(static resource => resource.All(2)))
            {
                if (request.Url!.AbsolutePath == "/v1/traces")
                    _spans.AddRange(scope.All(2).Select(static span => new PushedSpan(span)));
                else if (request.Url.AbsolutePath == "/v1/metrics")
                {
                    foreach (PushedMetric metric in scope.All(2).Select(static metric => new PushedMetric(metric)))
                        _metrics[metric.Name] = metric;
                }
            }
            _came.TrySetResult();
            _came = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private static (HttpListener Listener, string Address) Listen()
    {
        string address = $"http://127.0.0.1:{FreePort.Next()}";
        var listener = new HttpListener { Prefixes = { address + "/" } };
        listener.Start();
        return (listener, address);
    }
}

/// <summary>A span as it came.</summary>
internal sealed class PushedSpan(Protobuf span)
{
    public string TraceId { get; } = Convert.ToHexStringLower(span.Bytes(1));

    public string Id { get; } = Convert.ToHexStringLower(span.Bytes(2));

    public string ParentId { get; } = Convert.ToHexStringLower(span.Bytes(4));

    public string Name { get; } = span.Text(5);

    public long Start { get; } = (long)span.Number(7);

    public long End { get; } = (long)span.Number(8);

    public IReadOnlyDictionary<string, string> Attributes { get; } = Protobuf.Attributes(span, 9);
}

/// <summary>A metric with its points, each known by its attributes: <c>app=x,kind=book</c>.</summary>
internal sealed class PushedMetric
{
    public PushedMetric(Protobuf metric)
    {
        Name = metric.Text(1);
        foreach (Protobuf point in metric.All(5).Concat(metric.All(7)).SelectMany(static numbers => numbers.All(1)))
            Points[Key(point, 7)] = point.Has(4) ? BitConverter.UInt64BitsToDouble(point.Number(4)) : (long)point.Number(6);
        foreach (Protobuf point in metric.All(9).SelectMany(static histogram => histogram.All(1)))
        {
            Points[Key(point, 9)] = point.Number(4);
            Bounds = point.Bytes(7).Length / sizeof(double);
        }
    }

    public string Name { get; }

    /// <summary>Of a histogram, how many values it holds.</summary>
    public Dictionary<string, double> Points { get; } = new(StringComparer.Ordinal);

    /// <summary>How many bounds a histogram has.</summary>
    public int Bounds { get; }

    public double this[string attributes] => Points.GetValueOrDefault(attributes, double.NaN);

    private static string Key(Protobuf point, int field) =>
        string.Join(',', Protobuf.Attributes(point, field).OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key}={pair.Value}"));
}
