namespace Lanner.Control;

/// <summary>Who asks, as far as the address tells.</summary>
/// <param name="Kind">By what right.</param>
internal sealed record ControlCaller(CallerKind Kind)
{
    /// <summary>The key of the session; never its secret.</summary>
    public string? Session { get; init; }

    /// <summary>When the session ends.</summary>
    public DateTimeOffset? Expires { get; init; }
}

/// <summary>By what right somebody asks.</summary>
internal enum CallerKind
{
    /// <summary>None: for what is open to all.</summary>
    Nobody,

    /// <summary>The Unix socket is its owner's alone.</summary>
    Unix,

    Token,

    /// <summary>A browser that has shown the token before.</summary>
    Session,
}
