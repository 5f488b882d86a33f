using System.Net.Sockets;

namespace Lanner.Control.Tests;

/// <summary>Where the control API listens, and who may connect.</summary>
public sealed class AddressTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task UnixSocket_DirectoryMissing_BothAreTheOwnersAloneAndTheSocketGoesAtTheEnd()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        Assert.Equal($"unix:{control.SocketPath}", control.Host.Address);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(control.SocketPath));
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(control.SocketPath)!));
        Assert.Equal(200, (await control.SendAsync("GET", "/live")).Status);

        await control.Host.DisposeAsync();

        Assert.False(File.Exists(control.SocketPath));
    }

    [Fact]
    public async Task UnixSocket_JustBound_IsTheOwnersAlone()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        string path = control.SocketPath + "2";

        // Nobody listens yet: this is before the first moment at which a client could connect.
        using Socket socket = ControlSocket.Bind(new UnixDomainSocketEndPoint(path));

        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task UnixSocket_LeftByADeadServer_IsReplaced()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        string path = control.SocketPath + "2";
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path));
            // A killed process leaves the file; disposing would remove it.
            File.Move(path, path + "-kept");
        }
        File.Move(path + "-kept", path);

        await using ControlHost second = await control.StartAsync($"unix:{path}");

        Assert.Equal($"unix:{path}", second.Address);
    }

    [Fact]
    public async Task UnixSocket_OfALivingServer_IsNotTouched()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        IOException failure = await Assert.ThrowsAnyAsync<IOException>(() => control.StartAsync($"unix:{control.SocketPath}"));

        Assert.Equal($"the control API cannot listen on {control.SocketPath}: another server uses it; stop that one, or set control to another place", failure.Message);
        Assert.Equal(200, (await control.SendAsync("GET", "/live")).Status);
    }

    [Fact]
    public async Task UnixSocket_OfAServerThatTakesNoMore_IsNotTouched()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        string path = control.SocketPath + "2";
        using Socket stuck = ControlSocket.Bind(new UnixDomainSocketEndPoint(path));
        stuck.Listen(0);
        using var waiting = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await waiting.ConnectAsync(new UnixDomainSocketEndPoint(path));

        IOException failure = await Assert.ThrowsAnyAsync<IOException>(() => control.StartAsync($"unix:{path}"));

        Assert.Contains("another server uses it", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnixSocket_FileInTheWay_IsKept()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        string path = control.SocketPath + ".txt";
        await File.WriteAllTextAsync(path, "precious");

        IOException failure = await Assert.ThrowsAnyAsync<IOException>(() => control.StartAsync($"unix:{path}"));

        Assert.Contains("a file that is no socket is in the way", failure.Message, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(path));
    }

    [Theory]
    [InlineData("unix:/proc/no/such/control.sock", "the control API cannot listen on /proc/no/such/control.sock: ")]
    [InlineData("127.0.0.1:0", "the control address 127.0.0.1:0 needs a token, as others can reach it: set control_token")]
    [InlineData("somewhere", "the control address 'somewhere' is neither unix:/PATH nor HOST:PORT")]
    [InlineData("unix:relative.sock", "the control address 'unix:relative.sock' is neither unix:/PATH nor HOST:PORT")]
    public async Task Address_CannotBeUsed_IsOneSentence(string address, string sentence)
    {
        await using var control = new ControlFixture();

        IOException failure = await Assert.ThrowsAnyAsync<IOException>(() => control.StartAsync(address));

        Assert.StartsWith(sentence, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tcp_PortInUse_IsOneSentence()
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();

        IOException failure = await Assert.ThrowsAnyAsync<IOException>(() => control.StartAsync(control.Host.Address, ControlFixture.Token));

        Assert.Equal($"the control API cannot listen on {control.Host.Address}: it is in use", failure.Message);
    }
}
