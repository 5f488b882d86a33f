using Lanner.State.Nats;

namespace Lanner.Server.Configuration.Values;

/// <summary>Where state is kept: a directory, or the servers of NATS that keep it for several machines.</summary>
internal sealed class StateKind : ValueKind<StateLocation>
{
    private static readonly PathKind Directory = new("a directory such as \".lanner\", or servers of NATS such as \"nats://127.0.0.1:4222\"");

    public override string Type => "path or address";

    public override string Expected => Directory.Expected;

    public override Reading<StateLocation> Parse(string text, string baseDirectory)
    {
        if (text.Contains("://", StringComparison.Ordinal))
            return NatsAddress.TryParse(text, out NatsAddress? address, out string? error) ? Reading<StateLocation>.Good(new StateLocation("", address)) : Reading<StateLocation>.Bad($"is wrong: {error}");
        var directory = Directory.Parse(text, baseDirectory);
        return directory.Problem is { } problem ? Reading<StateLocation>.Bad(problem) : Reading<StateLocation>.Good(new StateLocation(directory.Value!, null));
    }

    public override string Show(StateLocation value) => $"\"{value.Nats?.ToString() ?? value.Directory}\"";
}

/// <summary>The name of a cluster.</summary>
internal sealed class ClusterNameKind : ValueKind<string>
{
    public override string Type => "text";

    public override string Expected => "up to 60 letters, digits, - and _";

    public override Reading<string> Parse(string text, string baseDirectory) => NatsOptions.IsClusterName(text) ? Reading<string>.Good(text) : Wrong(text);

    public override string Show(string value) => $"\"{value}\"";
}
