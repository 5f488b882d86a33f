using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace Functional.Tests;

/// <summary>Bodies of any size, and clients that are slow or leave.</summary>
public class BodiesTests
{
    private const long Huge = 1L << 30;
    private const long AllowedGrowth = 64 * 1024;

    [Theory]
    [InlineData("Content-Length: 2000\r\n", "")]
    [InlineData("Transfer-Encoding: chunked\r\n", "800\r\n")]
    public async Task MaxBody_Exceeded_Is413(string header, string prefix)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("environ_app", ["--max-body", "1000"]);

        string answer = await RawConnection.ExchangeAsync(
            server.Address, $"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n{prefix}{new string('x', 2048)}");

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("Lanner-Error: body-too-large", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_ThatStops_Is408()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("lanner.toml"), $"[server]\nbody_timeout = \"200ms\"\n[app.x]\napp = \"environ_app\"\ndirectory = \"{Checkout.Apps}\"\n");
        await using LannerServer server = await LannerServer.StartAsync(["--config", folder.File("lanner.toml")]);

        string answer = await RawConnection.ExchangeAsync(server.Address, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf");

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("Lanner-Error: request-incomplete", answer, StringComparison.Ordinal);
        server.Signal("TERM");
        await server.WaitForExitAsync();
        Assert.DoesNotContain(server.Output, static line => line.Contains("invalid state", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Content-Length: 5000000\r\n", "")]
    [InlineData("Transfer-Encoding: chunked\r\n", "4C4B40\r\n")]
    public async Task Body_ThatCannotBeStored_Is503AndTheReasonIsInTheLog(string header, string prefix)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("spool"));
        await File.WriteAllTextAsync(folder.File("lanner.toml"), $"[server]\nspool_directory = \"spool\"\naccess_log = \"access\"\n[app.x]\napp = \"environ_app\"\ndirectory = \"{Checkout.Apps}\"\n");
        await using LannerServer server = await LannerServer.StartAsync(["--config", folder.File("lanner.toml")]);
        Directory.Delete(folder.File("spool"));

        string answer = await RawConnection.ExchangeAsync(
            server.Address, $"POST / HTTP/1.1\r\nHost: localhost\r\n{header}\r\n{prefix}{new string('x', 200_000)}");

        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.Contains("Lanner-Error: body-not-stored", answer, StringComparison.Ordinal);
        await server.WaitForOutputAsync(static line => line.Contains("could not be stored in the spool_directory: ", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Output, static line => line.Contains("unhandled exception", StringComparison.Ordinal));
        await Processes.UntilAsync(() => File.ReadAllText(folder.File("access")).Contains(" 503 ", StringComparison.Ordinal), "the access log tells it");
    }

    [Fact]
    public async Task Answer_ThatCannotBeStoredForASlowClient_HoldsTheAppBackAndEndsNoWorker()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("spool"));
        await File.WriteAllTextAsync(folder.File("lanner.toml"), $"[server]\nspool_directory = \"spool\"\n[app.x]\napp = \"shapes_app\"\nworkers = 1\nthreads = 2\ndirectory = \"{Checkout.Apps}\"\n");
        await using LannerServer server = await LannerServer.StartAsync(["--config", folder.File("lanner.toml")]);
        Directory.Delete(folder.File("spool"));
        await using RawConnection reader = await RawConnection.OpenAsync(server.Address);
        await reader.SendAsync("GET /bytes?n=50000000&chunk=100000&length=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        await server.WaitForOutputAsync(static line => line.Contains("so the app is held back: ", StringComparison.Ordinal));
        Assert.Equal("one chunk\n", await server.Client.GetStringAsync("/one"));
        string body = await reader.ReadToEndAsync();

        body = body[(body.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.Equal(50_000_000, body.Length);
        Assert.DoesNotContain(Enumerable.Range(0, body.Length), i => body[i] != i % 251);
    }

    [Fact]
    public async Task SlowClients_OfBothKinds_HoldNoThread()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("shapes_app", ["--workers", "1", "--threads", "1"]);
        await using RawConnection sender = await RawConnection.OpenAsync(server.Address);
        await sender.SendAsync("POST /one HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhalf");
        await using RawConnection reader = await RawConnection.OpenAsync(server.Address);
        await reader.SendAsync("GET /bytes?n=50000000&length=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.Equal("one chunk\n", await server.Client.GetStringAsync("/one"));
        Assert.Equal("one chunk\n", await server.Client.GetStringAsync("/one"));

        await sender.SendAsync("-whole");
        Assert.EndsWith("one chunk\n", await sender.ReadToEndAsync(), StringComparison.Ordinal);
        string body = await reader.ReadToEndAsync();
        body = body[(body.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.Equal(50_000_000, body.Length);
        Assert.DoesNotContain(Enumerable.Range(0, body.Length), i => body[i] != i % 251);
    }

    [Fact]
    public async Task Client_ThatLeavesMidway_FreesTheThread()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("ledger"), "");
        await using LannerServer server = await LannerServer.StartAppAsync(
            "shapes_app", ["--workers", "1", "--threads", "1"], new Dictionary<string, string> { ["LEDGER"] = folder.File("ledger") });
        await using (RawConnection leaver = await RawConnection.OpenAsync(server.Address))
        {
            await leaver.SendAsync("GET /bytes?n=100000000000&ledger=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
            await leaver.ReadSomeAsync();
        }

        Assert.Equal("one chunk\n", await server.Client.GetStringAsync("/one"));
        Assert.NotEmpty(await File.ReadAllLinesAsync(folder.File("ledger")));
    }

    [Fact]
    public async Task Upload_OfAGigabyte_IsExactAndHoldsNoMemory()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("environ_app");
        await server.Client.GetStringAsync("/");
        long before = PeakKilobytes(server.Pid);
        using var content = new PatternContent(Huge);

        using HttpResponseMessage response = await server.Client.PostAsync("/?how=read-n&size=1000000", content);

        JsonElement body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("body");
        Assert.Equal(Huge, body.GetProperty("length").GetInt64());
        Assert.Equal(content.Hash, body.GetProperty("sha256").GetString());
        Assert.InRange(PeakKilobytes(server.Pid) - before, 0, AllowedGrowth);
    }

    [Theory]
    [InlineData("/bytes?n=1073741824&chunk=1000000")]
    [InlineData("/file")]
    public async Task Download_OfAGigabyte_IsExactAndHoldsNoMemory(string target)
    {
        using var folder = new TemporaryFolder();
        using var expected = new PatternContent(Huge);
        await using (FileStream file = File.Create(folder.File("shapes")))
            await expected.CopyToAsync(file);
        await using LannerServer server = await LannerServer.StartAppAsync(
            "shapes_app", environment: new Dictionary<string, string> { ["SHAPES_FILE"] = folder.File("shapes") });
        await server.Client.GetStringAsync("/one");
        long before = PeakKilobytes(server.Pid);

        await using Stream body = await server.Client.GetStreamAsync(target);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        for (int count; (count = await body.ReadAsync(buffer)) > 0;)
            hash.AppendData(buffer, 0, count);

        Assert.Equal(expected.Hash, Convert.ToHexStringLower(hash.GetHashAndReset()));
        Assert.InRange(PeakKilobytes(server.Pid) - before, 0, AllowedGrowth);
    }

    private static long PeakKilobytes(int pid)
    {
        string line = File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Byte i is i modulo 251, as in the apps; hashed on the way.</summary>
    private sealed class PatternContent(long length) : HttpContent
    {
        public string Hash { get; private set; } = "";

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            byte[] block = new byte[251 * 4096];
            for (int i = 0; i < block.Length; i++)
                block[i] = (byte)(i % 251);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (long sent = 0; sent < length; sent += block.Length)
            {
                int count = (int)Math.Min(block.Length, length - sent);
                hash.AppendData(block, 0, count);
                await stream.WriteAsync(block.AsMemory(0, count));
            }
            Hash = Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}
