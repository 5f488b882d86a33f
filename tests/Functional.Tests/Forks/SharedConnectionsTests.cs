using System.Text.Json;

namespace Functional.Tests.Forks;

/// <summary>Apps that connect to real servers while they are imported, in 6 workers × 15 threads.</summary>
public class SharedConnectionsTests
{
    [Fact]
    public async Task PostgreSql_TwentyThousandNumberedQueries_NoAnswerCrosses()
    {
        await using RealServer postgres = await RealServer.StartPostgresAsync();
        await using LannerServer server = await ForkApp.StartAsync("postgres_app", "POSTGRES", postgres.Directory);

        (int wrong, int workers) = await server.CallForAllAsync("ask", total: 20_000, each: 20);

        Assert.Equal(0, wrong);
        Assert.True(workers > 1, "one worker has answered everything");
        Assert.Equal(3, (await server.CallAsync("/living")).Result.GetInt32());
        Assert.Equal(41, (await server.CallAsync("/newer?number=41")).Result.GetInt32());
        Assert.Equal("OperationalError", (await server.CallAsync("/link")).Result.GetString());
        string warning = await server.WaitForOutputAsync(line => line.Contains("held by postgres_app.link", StringComparison.Ordinal));
        int line = Array.FindIndex(File.ReadAllLines(Path.Combine(Checkout.Apps, "forks", "postgres_app.py")), l => l.StartsWith("link =", StringComparison.Ordinal)) + 1;
        Assert.Contains($"postgres_app.py:{line} connected to {postgres.Directory}/.s.PGSQL.5432", warning, StringComparison.Ordinal);
        Assert.Single(server.Output, l => l.Contains("before the workers are forked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Redis_NumberedEchoes_NoAnswerCrossesAndTheTemplateStaysConnected()
    {
        await using RealServer redis = await RealServer.StartRedisAsync();
        await using LannerServer server = await ForkApp.StartAsync("redis_app", "REDIS", Path.Combine(redis.Directory, "redis.sock"));

        (int wrong, int workers) = await server.CallForAllAsync("ask", total: 8_000, each: 20);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(n => server.CallAsync($"/order?n={n}")));

        Assert.Equal(0, wrong);
        Assert.True(workers > 1, "one worker has answered everything");
        Assert.Equal(41, (await server.CallAsync("/orders")).Result.GetInt32());
        JsonElement living = (await server.CallAsync("/living")).Result;
        Assert.Equal([2, 0], living.EnumerateArray().Select(n => n.GetInt32()));
        Assert.DoesNotContain(server.Output, l => l.Contains("before the workers are forked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sqlite_WritesFromAllWorkers_AllThereAndTheFileSound()
    {
        using var folder = new TemporaryFolder();
        await using LannerServer server = await ForkApp.StartAsync("sqlite_app", "SQLITE", folder.File("shop.db"));

        (int written, _) = await server.CallForAllAsync("write", total: 1_000, each: 5);

        Assert.Equal(1_000, written);
        Assert.Equal("not authorized", (await server.CallAsync("/plain")).Result.GetString());
        JsonElement state = (await server.CallAsync("/state")).Result;
        Assert.Equal("ok", state[0].GetString());
        Assert.Equal(1_000, state[1].GetInt32());
        Assert.Single(server.Output, l => l.Contains("held by sqlite_app.plain", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RandomNumbers_InSixWorkers_AreAllDifferent()
    {
        await using LannerServer server = await ForkApp.StartAsync("random_app", "NONE", "", threads: 1);
        var first = new Dictionary<int, string[]>();
        for (int round = 0; first.Count < ForkApp.Workers && round < 50; round++)
        {
            foreach ((int pid, JsonElement drawn) in await Task.WhenAll(Enumerable.Range(0, ForkApp.Workers).Select(_ => server.CallAsync("/draw"))))
                first[pid] = [.. drawn.EnumerateArray().Select(value => value.GetRawText())];
        }

        Assert.Equal(ForkApp.Workers, first.Count);
        for (int kind = 0; kind < 7; kind++)
            Assert.Equal(ForkApp.Workers, first.Values.Select(values => values[kind]).Distinct().Count());
    }
}
