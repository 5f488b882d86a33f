namespace Lanner.Server.Configuration;

/// <summary>The settings file that the server was started with, and how a text would be read in its place.</summary>
/// <param name="Path">The file.</param>
/// <param name="Read">Reads the settings as if the file held these bytes.</param>
internal sealed record SettingsText(string Path, Func<byte[], ConfigurationResult> Read);
