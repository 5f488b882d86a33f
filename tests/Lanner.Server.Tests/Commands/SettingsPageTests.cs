using System.Runtime.CompilerServices;
using Lanner.Server.Commands;

namespace Lanner.Server.Tests.Commands;

public sealed class SettingsPageTests
{
    [Fact]
    public void Write_SettingsPage_IsWhatDocsHold() =>
        Assert.True(SettingsPage.Write() == File.ReadAllText(PathOf("../../../docs/settings.md")), "docs/settings.md is old: run eng/settings-page");

    private static string PathOf(string relative, [CallerFilePath] string here = "") => Path.GetFullPath(relative, Path.GetDirectoryName(here)!);
}
