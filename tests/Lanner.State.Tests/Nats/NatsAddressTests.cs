using Lanner.State.Nats;

namespace Lanner.State.Tests.Nats;

public class NatsAddressTests
{
    [Theory]
    [InlineData("nats://a", "nats://a:4222")]
    [InlineData("NATS://a:1/", "nats://a:1")]
    [InlineData("nats://a:4222,b:4223", "nats://a:4222,b:4223")]
    [InlineData("nats://a, nats://b", "nats://a:4222,b:4222")]
    [InlineData("tls://nats.example.org", "tls://nats.example.org:4222")]
    [InlineData("nats://127.0.0.1:4222,[::1]:4223,[fe80::1]", "nats://127.0.0.1:4222,[::1]:4223,[fe80::1]:4222")]
    public void Servers_are_read(string text, string expected)
    {
        NatsAddress address = Parse(text);
        Assert.Equal(expected, address.ToString());
        Assert.Equal(expected.StartsWith("tls", StringComparison.Ordinal), address.IsTls);
        Assert.Null(address.User ?? address.Password ?? address.Token);
    }

    [Theory]
    [InlineData("nats://user:secret@a,b", "user", "secret", null)]
    [InlineData("nats://secret@a", null, null, "secret")]
    [InlineData("nats://us%40er:se%3Acr%2Cet%25@a", "us@er", "se:cr,et%", null)]
    [InlineData("nats://user:@a", "user", "", null)]
    [InlineData("nats://user:pass:word@a", "user", "pass:word", null)]
    [InlineData("nats://user:pass@word@a", "user", "pass@word", null)]
    [InlineData("nats://user:secret@a,nats://user:secret@b", "user", "secret", null)]
    public void Credentials_are_read_and_not_shown(string text, string? user, string? password, string? token)
    {
        NatsAddress address = Parse(text);
        Assert.Equal((user, password, token), (address.User, address.Password, address.Token));
        Assert.StartsWith("nats://a:4222", address.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "this is not the address of a NATS server")]
    [InlineData("a:4222", "this is not the address of a NATS server")]
    [InlineData("http://secret@a", "this is not the address of a NATS server")]
    [InlineData("nats://", "the address of NATS has no host")]
    [InlineData("nats://user:secret@", "the address of NATS has no host")]
    [InlineData("nats://user:secret", "the address of NATS has a port that is not a number from 1 to 65535")]
    [InlineData("nats://a:0", "the address of NATS has a port that is not a number from 1 to 65535")]
    [InlineData("nats://a:65536", "the address of NATS has a port that is not a number from 1 to 65535")]
    [InlineData("nats://a,b:secret", "server 2 in the address of NATS has a port")]
    [InlineData("nats://a,", "server 2 in the address of NATS has no host")]
    [InlineData("nats://a/secret", "the address of NATS has a host that is neither a name nor an IP address")]
    [InlineData("nats://::1", "the address of NATS has a host that is neither a name nor an IP address")]
    [InlineData("nats://fe80::1", "the address of NATS has a port that is not a number")]
    [InlineData("nats://[secret]", "the address of NATS has a host that is neither a name nor an IP address")]
    [InlineData("nats://a,tls://b", "server 2 in the address of NATS has another scheme than the first")]
    [InlineData("nats://@a", "the address of NATS has an @ and nothing before it")]
    [InlineData("nats://:secret@a", "the address of NATS has a password without a user")]
    [InlineData("nats://a,secret@b", "server 2 in the address of NATS has credentials of its own")]
    [InlineData("nats://x:secret@a,y:secret@b", "server 2 in the address of NATS has credentials of its own")]
    public void What_is_wrong_is_said_without_secrets(string text, string expected)
    {
        Assert.False(NatsAddress.TryParse(text, out _, out string? error));
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lanner", true)]
    [InlineData("Shop-2_b", true)]
    [InlineData("", false)]
    [InlineData("a.b", false)]
    [InlineData("a b", false)]
    [InlineData("a>", false)]
    [InlineData("ä", false)]
    public void Names_of_clusters_are_parts_of_subjects(string name, bool expected) => Assert.Equal(expected, NatsOptions.IsClusterName(name));

    internal static NatsAddress Parse(string text)
    {
        Assert.True(NatsAddress.TryParse(text, out NatsAddress? address, out string? error), error);
        return address;
    }
}
