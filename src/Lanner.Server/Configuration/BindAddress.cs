using System.Globalization;
using System.Net;

namespace Lanner.Server.Configuration;

/// <summary>One place where the server listens. <c>ToString</c> gives it as the user would write it.</summary>
internal abstract record BindAddress
{
    /// <summary>The longest path that fits a socket's address on Linux, without its closing zero.</summary>
    public const int LongestUnixPath = 107;
}

/// <summary>A TCP port, on an address or on the addresses of a name.</summary>
internal sealed record TcpBindAddress : BindAddress
{
    /// <summary>A literal address without brackets, a name such as <c>localhost</c>, or <c>*</c> for every address.</summary>
    public required string Host { get; init; }

    /// <summary>0 lets the system choose.</summary>
    public required int Port { get; init; }

    /// <summary>The literal address, or null when <see cref="Host"/> is a name or <c>*</c>.</summary>
    public IPAddress? Address => IPAddress.TryParse(Host, out var address) ? address : null;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");
}

/// <summary>A Unix socket; the path is absolute.</summary>
internal sealed record UnixBindAddress(string Path) : BindAddress
{
    public override string ToString() => $"unix:{Path}";
}

/// <summary>A socket that was opened by the parent process and is already bound, as service managers hand it over.</summary>
internal sealed record DescriptorBindAddress(int Number) : BindAddress
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"fd:{Number}");
}
