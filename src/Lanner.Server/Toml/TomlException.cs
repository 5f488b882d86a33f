namespace Lanner.Server.Toml;

/// <summary>
/// The file is not TOML 1.0. The message says what is wrong and how to mend it; the position says where.
/// </summary>
internal sealed class TomlException(TomlPosition position, string message) : Exception(message)
{
    public TomlPosition Position { get; } = position;
}
