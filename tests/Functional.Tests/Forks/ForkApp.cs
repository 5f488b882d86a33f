using System.Text.Json;

namespace Functional.Tests.Forks;

/// <summary>Serves an app of tests/apps/forks and asks it for what its functions return.</summary>
internal static class ForkApp
{
    public const int Workers = 6;
    public const int Threads = 15;

    public static Task<LannerServer> StartAsync(string app, string variable, string value, int threads = Threads) =>
        LannerServer.StartAsync(
            [app, "--directory", Path.Combine(Checkout.Apps, "forks"), "--workers", $"{Workers}", "--threads", $"{threads}"],
            new Dictionary<string, string> { [variable] = value });

    /// <summary>Which worker has answered, and what.</summary>
    public static async Task<(int Pid, JsonElement Result)> CallAsync(this LannerServer server, string target)
    {
        using JsonDocument answer = JsonDocument.Parse(await server.Client.GetStringAsync(target));
        return (answer.RootElement.GetProperty("pid").GetInt32(), answer.RootElement.GetProperty("result").Clone());
    }

    /// <summary>Has <paramref name="function"/> called for all numbers up to <paramref name="total"/> by as many requests at once as there are threads.</summary>
    public static async Task<(int Sum, int Workers)> CallForAllAsync(this LannerServer server, string function, int total, int each)
    {
        int next = 0, sum = 0;
        var pids = new HashSet<int>();
        async Task ClientAsync()
        {
            while (Interlocked.Add(ref next, each) is var end && end <= total)
            {
                (int pid, JsonElement result) = await server.CallAsync($"/{function}?first={end - each}&count={each}");
                Interlocked.Add(ref sum, result.GetInt32());
                lock (pids)
                    pids.Add(pid);
            }
        }
        await Task.WhenAll(Enumerable.Range(0, Workers * Threads).Select(_ => ClientAsync())).WaitAsync(TimeSpan.FromMinutes(3));
        return (sum, pids.Count);
    }
}
