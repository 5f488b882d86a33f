namespace Lanner.Server.Migration;

/// <summary>What became of an option that has no setting of its own.</summary>
internal enum Verdict
{
    /// <summary>Nothing is lost: Lanner does it by itself, or has no need of it.</summary>
    Ignored,

    /// <summary>Carried over, but it means something else than before.</summary>
    Changed,

    /// <summary>Lost, because Lanner has no such thing: the user has to do something about it.</summary>
    Refused,

    /// <summary>Lost, although Lanner has a setting for it: the new file is not complete without.</summary>
    Lost,
}

/// <summary>One line about an option of the peer's file.</summary>
internal sealed record Remark(string Option, Verdict Verdict, string Why)
{
    public override string ToString() => Verdict switch
    {
        Verdict.Ignored => $"{Option}: ignored because {Why}",
        Verdict.Lost => $"TODO {Option}: {Why}",
        Verdict.Refused => $"{Option}: refused because {Why}",
        _ => $"{Option}: carried over, but {Why}",
    };
}
