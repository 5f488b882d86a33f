using Lanner.State.Locks;

namespace Lanner.Control.Tests;

public class LockTests
{
    [Fact]
    public async Task Locks_ThatAreHeld_AreTold()
    {
        await using ControlFixture api = await ControlFixture.OverUnixAsync();
        Assert.Equal("""{"locks":[]}""", (await api.SendForTextAsync("GET", "/v1/locks")).Body);
        var since = new DateTimeOffset(2026, 11, 21, 8, 30, 0, TimeSpan.Zero);
        api.Server.Locks = [new AppLock("shop", new HeldLock("invoices", "worker 2 of generation 1 (pid 4711)", 1L << 40, since, 3))];

        (int status, _, string body) = await api.SendForTextAsync("GET", "/v1/locks");

        Assert.Equal(
            (200, """{"locks":[{"app":"shop","name":"invoices","node":null,"holder":"worker 2 of generation 1 (pid 4711)","number":1099511627776,"since":"2026-11-21T08:30:00Z","waiting":3}]}"""),
            (status, body));
    }
}
