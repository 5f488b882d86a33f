namespace Lanner.Server.Tests;

/// <summary>The order of reloads and replacements of the settings file.</summary>
public sealed class ReloadGateTests
{
    private readonly ReloadGate _gate = new();

    [Fact]
    public async Task Reloads_GoTogetherAndAReplacementAlone()
    {
        IDisposable one = await _gate.EnterAsync(alone: false);
        IDisposable two = await _gate.EnterAsync(alone: false);
        Task<IDisposable> replacement = _gate.EnterAsync(alone: true);
        Task<IDisposable> later = _gate.EnterAsync(alone: false);

        one.Dispose();
        one.Dispose();
        Assert.False(replacement.IsCompleted);
        two.Dispose();
        IDisposable alone = await replacement;
        Assert.False(later.IsCompleted);
        alone.Dispose();
        (await later).Dispose();
    }

    [Fact]
    public async Task Replacements_GoOneAfterTheOther()
    {
        IDisposable first = await _gate.EnterAsync(alone: true);
        Task<IDisposable> second = _gate.EnterAsync(alone: true);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
    }
}
