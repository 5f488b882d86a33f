namespace Lanner.Server.Migration;

/// <summary>What is said of the options that have no setting, by name; a name that ends in <c>*</c> stands for all that begin so.</summary>
internal sealed class Verdicts
{
    private readonly Dictionary<string, (Verdict Verdict, string Why)> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Beginning, Verdict Verdict, string Why)> _byBeginning = [];

    public Verdicts Ignored(string why, params string[] names) => Add(Verdict.Ignored, why, names);

    public Verdicts Refused(string why, params string[] names) => Add(Verdict.Refused, why, names);

    public (Verdict Verdict, string Why)? Find(string name)
    {
        if (_byName.TryGetValue(name, out var exact)) return exact;
        foreach (var (beginning, verdict, why) in _byBeginning)
            if (name.StartsWith(beginning, StringComparison.OrdinalIgnoreCase)) return (verdict, why);
        return null;
    }

    /// <summary>Adds the remark about an option to the new file; <paramref name="unknown"/> is said of one that is not here.</summary>
    public void Tell(MigratedServer migrated, string name, string option, string unknown, Verdict otherwise = Verdict.Refused)
    {
        var (verdict, why) = Find(name) ?? (otherwise, unknown);
        if (verdict == Verdict.Ignored) migrated.Ignore(option, why);
        else migrated.Refuse(option, why);
    }

    private Verdicts Add(Verdict verdict, string why, string[] names)
    {
        foreach (var name in names)
        {
            if (name.EndsWith('*')) _byBeginning.Add((name[..^1], verdict, why));
            else _byName[name] = (verdict, why);
        }
        return this;
    }
}
