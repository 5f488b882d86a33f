using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Functional.Tests.Metrics;

/// <summary>The page of metrics at one moment.</summary>
internal sealed class MetricsScrape
{
    private readonly Dictionary<string, double> _samples = new(StringComparer.Ordinal);

    private MetricsScrape(string text)
    {
        Text = text;
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int space = line.LastIndexOf(' ');
            if (line[0] != '#')
                _samples.Add(line[..space], double.Parse(line.AsSpan(space + 1), CultureInfo.InvariantCulture));
        }
    }

    public string Text { get; }

    /// <summary>Whole names with their labels, as written.</summary>
    public IEnumerable<string> Names => _samples.Keys;

    /// <summary>The number of <c>name{labels}</c>, or null.</summary>
    public double? this[string sample] => _samples.TryGetValue(sample, out double value) ? value : null;

    public static async Task<MetricsScrape> OfAsync(LannerServer server)
    {
        using HttpClient control = Control(server);
        return new MetricsScrape(await control.GetStringAsync("/metrics"));
    }

    /// <summary>A client of the server's control API.</summary>
    public static HttpClient Control(LannerServer server) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(server.ControlSocket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://lanner"), Timeout = LannerServer.Patience };

    /// <summary>What Prometheus' own tool says of the page; empty when it has nothing against it.</summary>
    public async Task<string> ProblemsAsync()
    {
        using Process tool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await tool.StandardInput.WriteAsync(Text);
        tool.StandardInput.Close();
        string said = await tool.StandardError.ReadToEndAsync() + await tool.StandardOutput.ReadToEndAsync();
        await tool.WaitForExitAsync();
        return tool.ExitCode == 0 ? said : $"exit code {tool.ExitCode}\n{said}";
    }
}
