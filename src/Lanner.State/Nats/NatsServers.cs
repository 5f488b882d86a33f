namespace Lanner.State.Nats;

/// <summary>The servers to try: those of the address, and those of their cluster that a server has told of.</summary>
internal sealed class NatsServers
{
    /// <summary>Servers that were told of beside those of the address.</summary>
    private const int MostLearnt = 64;

    private readonly Lock _gate = new();
    private readonly NatsEndpoint[] _own;
    private NatsEndpoint[] _learnt = [];
    private NatsEndpoint? _last;

    public NatsServers(NatsAddress address)
    {
        _own = [.. address.Servers.Distinct()];
        // So that the nodes of a cluster are not all clients of the first.
        Random.Shared.Shuffle(_own);
    }

    /// <summary>All servers, the one that was used last at the end.</summary>
    public NatsEndpoint[] NextRound()
    {
        lock (_gate)
        {
            NatsEndpoint[] all = [.. _own.Concat(_learnt).Distinct()];
            int last = _last is { } used ? Array.IndexOf(all, used) : -1;
            return [.. all[(last + 1)..], .. all[..(last + 1)]];
        }
    }

    /// <summary>This one is used now.</summary>
    public void Use(NatsEndpoint server)
    {
        lock (_gate)
            _last = server;
    }

    /// <summary>A server has told which there are.</summary>
    public void Learn(string[]? servers)
    {
        if (servers is null)
            return;
        var learnt = new List<NatsEndpoint>();
        foreach (string text in servers.Take(MostLearnt))
        {
            if (NatsAddress.TryParseServer(text, out NatsEndpoint server, out _))
                learnt.Add(server);
        }
        lock (_gate)
            _learnt = [.. learnt];
    }
}
