namespace Functional.Tests;

/// <summary>A parent that the program inherits signals from (tests/apps/signal_parent.py).</summary>
internal static class SignalParent
{
    /// <summary>The command that is given the program, and becomes it.</summary>
    /// <param name="how"><c>default</c>, <c>ignored</c>, <c>blocked</c> or <c>both</c>.</param>
    public static string[] That(string how) => [LannerServer.DebianPython, Path.Combine(Checkout.Apps, "signal_parent.py"), how];
}
