using System.Diagnostics;
using Lanner.Server.Configuration;

namespace Lanner.Server.Tests.Configuration;

/// <summary>The difference that a dry run shows.</summary>
public sealed class TextDiffTests
{
    [Fact]
    public void Unified_OfOneChangedLine_ShowsItWithItsSurroundings() => Assert.Equal(
        "--- f\n+++ f\n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n",
        TextDiff.Unified("a\nb\nc\nd\ne\nf\ng\nh\ni\n", "a\nb\nc\nd\nE\nf\ng\nh\ni\n", "f"));

    [Theory]
    [InlineData("a\n", "a\n", "")]
    [InlineData("", "a\n", "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n")]
    [InlineData("a\n", "", "--- f\n+++ f\n@@ -1,1 +0,0 @@\n-a\n")]
    [InlineData("a", "a\n", "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n")]
    public void Unified_AtTheEnds_IsRight(string before, string after, string expected) => Assert.Equal(expected, TextDiff.Unified(before, after, "f"));

    /// <summary>The program that applies such differences is the judge.</summary>
    [Fact]
    public void Unified_OfManyTexts_IsWhatPatchApplies()
    {
        using var directory = new TemporaryDirectory();
        var random = new Random(7);
        for (int turn = 0; turn < 60; turn++)
        {
            string before = Text(random), after = turn % 3 == 0 ? Text(random) : Changed(before, random);
            File.WriteAllText($"{directory.Path}/f", before);

            string diff = TextDiff.Unified(before, after, "f");

            if (diff.Length > 0)
                Patch(directory.Path, diff);
            Assert.Equal(after, File.ReadAllText($"{directory.Path}/f"));
        }
    }

    [Fact]
    public void Unified_OfVeryDifferentTexts_ChangesAll()
    {
        string before = string.Concat(Enumerable.Range(0, 5000).Select(static i => $"a{i}\n"));
        string after = string.Concat(Enumerable.Range(0, 5000).Select(static i => $"b{i}\n"));

        Assert.StartsWith("--- f\n+++ f\n@@ -1,5000 +1,5000 @@\n-a0\n", TextDiff.Unified(before, after, "f"), StringComparison.Ordinal);
    }

    /// <summary>Finding the fewest differences of such texts would take hours.</summary>
    [Fact]
    public void Unified_OfHugeTexts_IsBounded()
    {
        string before = string.Concat(Enumerable.Range(0, 300_000).Select(static i => $"a{i % 1000}\n"));
        string after = string.Concat(Enumerable.Range(0, 300_000).Select(static i => $"b{i % 1000}\n"));

        Assert.StartsWith("--- f\n+++ f\n@@ -1,300003 +1,300003 @@\n x\n x\n x\n-a0\n", TextDiff.Unified($"x\nx\nx\n{before}", $"x\nx\nx\n{after}", "f"), StringComparison.Ordinal);
        Assert.Equal("--- f\n+++ f\n@@ -299998,3 +299998,4 @@\n a997\n a998\n a999\n+b\n", TextDiff.Unified(before, before + "b\n", "f"));
    }

    private static string Text(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(8) == 0 ? $"{random.Next(6)}\r\n" : $"{random.Next(6)}\n")) + (random.Next(2) == 0 ? "no end" : "");

    private static string Changed(string text, Random random) =>
        string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => random.Next(8) switch { 0 => "", 1 => $"{line}\nnew\n", _ => $"{line}\n" })) + "end\n";

    private static void Patch(string directory, string diff)
    {
        using var patch = Process.Start(new ProcessStartInfo("git", ["apply", "-p0", "--unidiff-zero", "--whitespace=nowarn", "-"]) { WorkingDirectory = directory, RedirectStandardInput = true, RedirectStandardError = true })!;
        patch.StandardInput.Write(diff);
        patch.StandardInput.Close();
        string error = patch.StandardError.ReadToEnd();
        patch.WaitForExit();
        Assert.True(patch.ExitCode == 0, error + diff);
    }
}
