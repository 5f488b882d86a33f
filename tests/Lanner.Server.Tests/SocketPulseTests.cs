namespace Lanner.Server.Tests;

public class SocketPulseTests
{
    [Fact]
    public async Task IsThere_NobodyServesSockets_IsFalseUntilSomebodyDoes()
    {
        await using var pulse = new SocketPulse();

        Assert.True(pulse.IsThere());
        Assert.False(pulse.IsThere());
        Assert.False(pulse.IsThere());

        pulse.Start();
        for (var beat = 0; beat < 3; beat++)
            Assert.True(SpinWait.SpinUntil(pulse.IsThere, TimeSpan.FromSeconds(30)));
    }
}
