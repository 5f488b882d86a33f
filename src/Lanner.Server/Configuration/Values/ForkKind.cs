using Lanner.Supervision;

namespace Lanner.Server.Configuration.Values;

/// <summary>What a fork may share: <c>{ on_shared = "sever" }</c>.</summary>
internal sealed class ForkKind : ValueKind<OnShared>
{
    private static readonly ChoiceKind<OnShared> Choice = new(("sever", OnShared.Sever), ("warn", OnShared.Warn), ("refuse", OnShared.Refuse));

    public override string Type => $"{{ on_shared = {Choice.Type} }}";

    public override string Expected => "a table such as { on_shared = \"sever\" }";

    public override Reading<OnShared> Read(TomlValue value, string baseDirectory)
    {
        if (value.Content is not TomlTable table) return Wrong(value);
        OnShared chosen = OnShared.Sever;
        foreach (var entry in table)
        {
            if (entry.Key != "on_shared")
                return Reading<OnShared>.Bad(NearestName.Find(entry.Key, ["on_shared"]) is { } near
                    ? $"holds the unknown key '{entry.Key}': did you mean '{near}'?"
                    : $"must be {Expected}, but holds the key '{entry.Key}'");
            Reading<OnShared> read = Choice.Read(entry.Value, baseDirectory);
            if (read.Problem is not null) return Reading<OnShared>.Bad($"has a key on_shared that {read.Problem}");
            chosen = read.Value;
        }
        return Reading<OnShared>.Good(chosen);
    }

    public override Reading<OnShared> Parse(string text, string baseDirectory) => Wrong(text);

    public override string Show(OnShared value) => $"{{ on_shared = {Choice.Show(value)} }}";
}
