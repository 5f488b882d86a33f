using System.Net;
using System.Text.Json.Nodes;
using Lanner.State.Tests.Nats;

namespace Functional.Tests.Clusters;

/// <summary>Three servers whose state is in NATS, on real servers of it that fail.</summary>
public class ClusterTests
{
    [Fact]
    public async Task Settings_AcknowledgedByOneNode_AreSeenByEveryRequestOfAllThatBeginsLater()
    {
        await using NatsCluster nats = await NatsCluster.StartAsync();
        using var ledger = new Ledger();
        await using Node a = await Node.StartAsync(nats.Address, ledger), b = await Node.StartAsync(nats.Address, ledger), c = await Node.StartAsync(nats.Address, ledger);
        Node[] nodes = [a, b, c];
        await a.UntilAsync(async () => await a.NodesAsync() == 3, "three nodes");
        for (int n = 0; n < 30; n++)
        {
            long version = n % 2 == 0
                ? long.Parse(await nodes[n % 3].Server.Client.GetStringAsync($"/set?name=n&value={n}"), System.Globalization.CultureInfo.InvariantCulture)
                : (await nodes[n % 3].ChangeAsync("n", n)).Version;
            long[] seen = await Task.WhenAll(nodes.SelectMany(static node => Enumerable.Range(0, 4).Select(_ => node.VersionAsync())));
            Assert.All(seen, one => Assert.True(one >= version, $"{one} < {version}"));
        }
        Assert.All(await Task.WhenAll(nodes.Select(static node => node.SettingsAsync())), static seen => Assert.Equal(29, (int)seen["values"]!["n"]!));
    }

    [Fact]
    public async Task Servers_OfNatsAreKilledAndHeld_NothingIsLostAndNothingStale()
    {
        await using NatsCluster nats = await NatsCluster.StartAsync();
        using var ledger = new Ledger();
        // Longer than a node takes to find another server of NATS, also on a slow machine: whoever is taken for gone meanwhile may be stale.
        const string Patient = "cluster_timeout = \"30s\"";
        await using Node a = await Node.StartAsync(nats.Address, ledger, server: Patient), b = await Node.StartAsync(nats.Address, ledger, server: Patient);
        Node[] nodes = [a, b];
        await a.UntilAsync(async () => await a.NodesAsync() == 2, "two nodes");
        // One after the other each server of NATS, so the leader too.
        for (int server = 0; server < 3; server++)
        {
            if (server == 1)
                nats.Servers[server].Pause();
            else
                await nats.Servers[server].KillAsync();
            await ChangeOnEachAsync(nodes, server * 10);
            if (server == 1)
                nats.Servers[server].Resume();
            else
                await nats.Servers[server].StartAsync();
            await ChangeOnEachAsync(nodes, server * 10 + 5);
            await nats.UntilCurrentAsync();
        }
    }

    [Fact]
    public async Task Jobs_NodeIsKilledInMidRun_EachInstantRunsOnceAndWhatItHadGoesToOthers()
    {
        await using NatsCluster nats = await NatsCluster.StartAsync();
        using var ledger = new Ledger();
        await using Node a = await Node.StartAsync(nats.Address, ledger, "500ms"), b = await Node.StartAsync(nats.Address, ledger, "500ms"), c = await Node.StartAsync(nats.Address, ledger, "500ms");
        await a.UntilAsync(async () => await a.NodesAsync() == 3, "three nodes");
        string go = b.Path("go");
        for (int n = 0; n < 6; n++)
            await a.EnqueueAsync("held", go, $"held{n}");
        await Processes.UntilAsync(() => ledger.Lines().Count(static line => line.StartsWith("begun held", StringComparison.Ordinal)) == 6, "six runs have begun");
        int before = ledger.Count("ran tick");
        await a.KillAsync();
        await b.UntilAsync(async () => await b.NodesAsync() == 2, "the node is gone");
        await File.WriteAllTextAsync(go, "");
        await b.UntilAsync(async () => (await b.RunsAsync("held")).Count(static run => (string)run["state"]! == "succeeded") == 6, "all six are done");
        await Processes.UntilAsync(() => ledger.Count("ran tick") >= before + 6, "instants go on");
        JsonNode[] runs = await c.RunsAsync("held");
        Assert.All(runs, static run => Assert.True((string)run["state"]! is "succeeded" or "interrupted", run.ToJsonString()));
        Assert.Equal(runs.Count(static run => (string)run["state"]! == "interrupted"), runs.Count(static run => (int)run["attempt"]! == 2));

        await b.Server.Client.GetStringAsync("/");
        JsonNode[] ticks = await b.RunsAsync("tick");
        Assert.Equal(ticks.Length, ticks.Select(static run => (string)run["due"]!).Distinct().Count());
        DateTimeOffset[] due = [.. ticks.Select(static run => DateTimeOffset.Parse((string)run["due"]!, System.Globalization.CultureInfo.InvariantCulture)).Order()];
        Assert.All(due.Zip(due.Skip(1)), static pair => Assert.Equal(TimeSpan.FromMilliseconds(500), pair.Second - pair.First));
        // Those that have ended ran once each; of those under way now, and those of the node that was killed, it is not known.
        int ended = ticks.Count(static run => (string)run["state"]! == "succeeded"), open = ticks.Count(static run => (string)run["state"]! != "succeeded");
        Assert.InRange(ledger.Count("ran tick"), ended, ended + open + 3);
    }

    [Fact]
    public async Task CutOff_ServesOnRefusesChangesAndReturns()
    {
        await using NatsCluster nats = await NatsCluster.StartAsync(1);
        using var ledger = new Ledger();
        await using var relay = new Relay(nats.Servers[0].Port);
        await using Node a = await Node.StartAsync(nats.Address, ledger), b = await Node.StartAsync(relay.Address, ledger);
        await a.UntilAsync(async () => await a.NodesAsync() == 2, "two nodes");
        (_, long version, _) = await a.ChangeAsync("n", 1);
        Assert.Equal(version, await b.VersionAsync());
        string path = a.Path("locked");
        Task<string> loser = b.Server.Client.GetStringAsync($"/lock?name=b&path={path}");
        await ledger.UntilAsync("locked b", 1);
        Task<string> heir = a.Server.Client.GetStringAsync($"/lock?name=a&path={path}");

        relay.Cut();
        await b.UntilAsync(async () => (string?)(await b.ClusterAsync())["problem"] is not null, "it knows that it is cut off");
        (HttpStatusCode status, _, string text) = await b.ChangeAsync("n", 2);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("not-stored", (string)JsonNode.Parse(text)!["code"]!);
        Assert.Contains(relay.Address, text, StringComparison.Ordinal);
        (int exit, string[] output) = await LannerServer.RunToEndAsync(["status", "--cluster", "--control", $"unix:{b.Server.ControlSocket}"]);
        Assert.Equal(1, exit);
        Assert.Contains("the cluster cannot be reached: ", output[^1], StringComparison.Ordinal);
        // The other waits for it no longer than its lease.
        (status, long newer, _) = await a.ChangeAsync("n", 3);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(1, await a.NodesAsync());
        Assert.Equal(version, await b.VersionAsync());

        relay.Mend();
        await b.UntilAsync(async () => await b.VersionAsync() >= newer, "it has what was changed meanwhile");
        await a.UntilAsync(async () => await a.NodesAsync() == 2, "it belongs to the cluster again");
        Assert.Equal(HttpStatusCode.OK, (await b.ChangeAsync("n", 4)).Status);
        // The lock of the node that was gone went on to the other, and its thread can know.
        await ledger.UntilAsync("locked a", 1);
        await b.Server.WaitForOutputAsync(static line => line.Contains("the lock x/x (number ", StringComparison.Ordinal) && line.Contains(") is lost: ", StringComparison.Ordinal));
        await File.WriteAllTextAsync(path, "");
        string[] lost = (await loser).Split(), held = (await heir).Split();
        Assert.Equal(("True", "False"), (lost[1], held[1]));
        Assert.True(long.Parse(lost[0], System.Globalization.CultureInfo.InvariantCulture) < long.Parse(held[0], System.Globalization.CultureInfo.InvariantCulture));
        (exit, output) = await LannerServer.RunToEndAsync(["status", "--cluster", "--control", $"unix:{a.Server.ControlSocket}"]);
        Assert.Equal((0, 3), (exit, output.Length));
    }

    [Fact]
    public async Task Start_NatsIsNotThere_ServesAndJoinsWhenItIs()
    {
        await using var nats = new NatsServerProcess();
        using var ledger = new Ledger();
        await using Node node = await Node.StartAsync(nats.Address, ledger);
        Assert.Equal(1, (int)(await node.SettingsAsync())["values"]!["first"]!);
        await node.Server.WaitForOutputAsync(line => line.Contains(nats.Address, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await node.ChangeAsync("n", 1)).Status);
        await nats.StartAsync();
        await node.UntilAsync(async () => (await node.ChangeAsync("n", 2)).Status == HttpStatusCode.OK, "it can change settings");
        Assert.Equal(2, (int)(await node.SettingsAsync())["values"]!["n"]!);
        Assert.Equal(1, (int)(await node.SettingsAsync())["values"]!["first"]!);
        // Jobs, too.
        await node.UntilAsync(async () =>
        {
            using HttpResponseMessage answer = await node.Server.Client.GetAsync(new Uri("/enqueue?job=once&arguments=[\"later\"]", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }, "it takes jobs");
        await ledger.UntilAsync("ran later", 1);
    }

    [Fact]
    public async Task Start_SecondNodeAfterAll_HasWhatTheClusterHas()
    {
        await using NatsCluster nats = await NatsCluster.StartAsync(1);
        using var ledger = new Ledger();
        long version;
        await using (Node first = await Node.StartAsync(nats.Address, ledger))
        {
            (_, version, _) = await first.ChangeAsync("n", 7);
            Assert.Equal(0, await StopAsync(first));
        }
        await using Node second = await Node.StartAsync(nats.Address, ledger);
        JsonNode seen = await second.SettingsAsync();
        Assert.Equal((version, 7), ((long)seen["version"]!, (int)seen["values"]!["n"]!));
        Assert.Equal(1, await second.NodesAsync());
    }

    private static async Task ChangeOnEachAsync(Node[] nodes, int number)
    {
        foreach (Node node in nodes)
        {
            // While NATS chooses a new leader a change is refused or not known to be kept; then it is made.
            long version = 0;
            await node.UntilAsync(async () =>
            {
                (HttpStatusCode status, version, _) = await node.ChangeAsync("n", number);
                return status == HttpStatusCode.OK;
            }, $"change {number}");
            long[] seen = await Task.WhenAll(nodes.Select(static other => other.VersionAsync()));
            Assert.All(seen, one => Assert.True(one >= version, $"stale: {one} < {version}"));
            number++;
        }
    }

    private static async Task<int> StopAsync(Node node)
    {
        node.Server.Signal("TERM");
        return await node.Server.WaitForExitAsync();
    }
}
