using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Functional.Tests;

/// <summary>Where things are in the checkout that these tests were built from.</summary>
internal static class Checkout
{
    public static string Root { get; } = Find();

    /// <summary>The program that <c>LANNER_PROGRAM</c> names; else as the tests' build made it.</summary>
    public static string Server { get; } = Environment.GetEnvironmentVariable("LANNER_PROGRAM") ?? Path.Combine(Root, "artifacts", "bin", "Lanner.Server", $"{Configuration}_{RuntimeInformation.RuntimeIdentifier}", "lanner");

    public static string Apps { get; } = Path.Combine(Root, "tests", "apps");

    public static string Sample(string name) => Path.Combine(Root, "samples", name);

    private static string Configuration =>
#if DEBUG
        "debug";
#else
        "release";
#endif

    private static string Find([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
