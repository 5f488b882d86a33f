using System.Net;

namespace Lanner.Server.Configuration.Values;

/// <summary>Whose forwarding headers are believed: networks, and "unix" for peers on a Unix socket.</summary>
internal sealed record TrustedPeers(IReadOnlyList<IPNetwork> Networks, bool Unix);

/// <summary>Reads networks such as <c>10.0.0.0/8</c>, single addresses, <c>unix</c>, and <c>none</c> for nobody; commas part them in one text.</summary>
internal sealed class TrustedPeersKind : ValueKind<TrustedPeers>
{
    public override string Type => "list of networks, or \"unix\", or \"none\"";

    public override string Expected => "a list of networks such as [\"10.0.0.0/8\", \"::1\", \"unix\"], or \"none\"";

    public override Reading<TrustedPeers> Read(TomlValue value, string baseDirectory) => value.Content switch
    {
        string one => ParseAll([one], baseDirectory),
        IReadOnlyList<TomlValue> many when many.All(static item => item.Content is string) =>
            ParseAll([.. many.Select(static item => (string)item.Content)], baseDirectory),
        _ => Wrong(value),
    };

    public override Reading<TrustedPeers> Parse(string text, string baseDirectory) => ParseAll([text], baseDirectory);

    public override Reading<TrustedPeers> ParseAll(IReadOnlyList<string> texts, string baseDirectory)
    {
        var networks = new List<IPNetwork>();
        var unix = false;
        if (texts is ["none"]) return Reading<TrustedPeers>.Good(new TrustedPeers(networks, unix));
        foreach (var text in texts.SelectMany(static text => text.Split(',', StringSplitOptions.TrimEntries)))
        {
            if (text == "unix") unix = true;
            else if (IPNetwork.TryParse(text, out var network)) networks.Add(network);
            else if (IPAddress.TryParse(text, out var address)) networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else return Reading<TrustedPeers>.Bad($"must be {Expected}, not \"{text}\"");
        }
        return Reading<TrustedPeers>.Good(new TrustedPeers(networks, unix));
    }

    public override string Show(TrustedPeers value)
    {
        var parts = value.Networks.Select(static network => $"\"{network}\"").Concat(value.Unix ? ["\"unix\""] : []);
        return $"[{string.Join(", ", parts)}]";
    }
}
