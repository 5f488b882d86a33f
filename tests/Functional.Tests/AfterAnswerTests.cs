using System.Net;

namespace Functional.Tests;

/// <summary>What an app does after its answer, and answers that are odd, cost no other request and no worker.</summary>
public class AfterAnswerTests(AfterAnswerTests.Fixture fixture) : IClassFixture<AfterAnswerTests.Fixture>
{
    public sealed class Fixture() : AppFixture("after_app", "--workers", "1", "--threads", "2");

    [Fact]
    public async Task Close_ThatTakesItsTime_HoldsUpNobodyElse()
    {
        string worker = await WorkerAsync();
        string path = fixture.Folder.File("close-waits");

        Assert.Equal("one two", await fixture.Server.Client.GetStringAsync($"/ended/waits?event={path}"));

        // Before it ends: more requests than there are threads.
        for (int i = 0; i < 3; i++)
            Assert.Equal(worker, await WorkerAsync());
        Assert.Equal(0, fixture.Ledger("closed waits"));
        Assert.DoesNotContain(fixture.Server.Output, static line => line.Contains("begins no request", StringComparison.Ordinal));
        await File.WriteAllTextAsync(path, "");
        await Processes.UntilAsync(() => fixture.Ledger("closed waits") == 1, "close() has ended");
        Assert.Equal(worker, await WorkerAsync());
    }

    [Fact]
    public async Task Close_ThatHoldsAllThreads_LetsTheNextRequestWait()
    {
        using var folder = new TemporaryFolder();
        await using LannerServer server = await LannerServer.StartAppAsync("after_app", ["--workers", "1", "--threads", "1"]);
        string path = folder.File("close-waits");
        await server.Client.GetStringAsync($"/ended/waits?event={path}");
        Task<string> next = server.Client.GetStringAsync("/");
        await server.WaitForOutputAsync(static line => line.Contains("begins no request", StringComparison.Ordinal));

        await File.WriteAllTextAsync(path, "");

        Assert.Equal("fine", await next);
    }

    [Fact]
    public async Task Worker_ReplacedDuringAClose_LetsItEnd()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("ledger"), "");
        await using LannerServer server = await LannerServer.StartAppAsync(
            "after_app", ["--workers", "1", "--threads", "2"], new Dictionary<string, string> { ["LEDGER"] = folder.File("ledger") });
        string path = folder.File("close-waits");
        await server.Client.GetStringAsync($"/ended/waits?event={path}");
        await server.Client.GetStringAsync("/");
        server.Signal("HUP");
        await server.WaitForOutputAsync(static line => line.Contains("generation 2 serves", StringComparison.Ordinal));

        await File.WriteAllTextAsync(path, "");

        await Processes.UntilAsync(() => File.ReadAllText(folder.File("ledger")).Contains("closed waits", StringComparison.Ordinal), "close() has ended");
        server.Signal("TERM");
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.DoesNotContain(server.Output, static line => line.Contains("exit code", StringComparison.Ordinal) || line.Contains("FrontEndGone", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("fails")]
    [InlineData("stderr-closed")]
    [InlineData("stderr-gone")]
    [InlineData("exits")]
    [InlineData("untellable")]
    [InlineData("writes")]
    [InlineData("no-close")]
    [InlineData("body-held")]
    [InlineData("body-detached", 100_000)]
    [InlineData("descriptor-closed", 100_000)]
    public async Task Fault_AfterTheAnswer_EndsNoWorker(string name, int body = 10)
    {
        string worker = await WorkerAsync();

        using HttpResponseMessage response = await fixture.Server.Client.PostAsync($"/ended/{name}", new ByteArrayContent(new byte[body]));

        Assert.Equal("one two", await response.Content.ReadAsStringAsync());
        Assert.Equal(worker, await WorkerAsync());
        Assert.Equal(worker, await WorkerAsync());
    }

    [Fact]
    public async Task Thread_ThatSpeaksTooLate_IsNotHeardByTheNextClient()
    {
        string worker = await WorkerAsync();
        using var folder = new TemporaryFolder();
        int refused = fixture.Ledger("refused "), said = fixture.Ledger("said late");

        string path = folder.File("late");
        Assert.Equal("one two", await fixture.Server.Client.GetStringAsync($"/late?event={path}"));
        using HttpResponseMessage next = await fixture.Server.Client.GetAsync($"/beside-late?event={path}");

        Assert.Equal((HttpStatusCode.OK, "first last"), (next.StatusCode, await next.Content.ReadAsStringAsync()));
        Assert.False(next.Headers.Contains("X-Stale"));
        Assert.Equal((refused + 2, said), (fixture.Ledger("refused "), fixture.Ledger("said late")));
        Assert.Equal(worker, await WorkerAsync());
    }

    [Theory]
    [InlineData("4")]
    [InlineData("3")]
    [InlineData("2")]
    public async Task Iterable_BeyondItsContentLength_IsLeftAlone(string step)
    {
        string worker = await WorkerAsync();

        await using RawConnection connection = await RawConnection.OpenAsync(fixture.Server.Address);
        await connection.SendAsync($"GET /endless?step={step} HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        string answers = await connection.ReadToEndAsync();

        Assert.EndsWith("fine", answers, StringComparison.Ordinal);
        Assert.Equal(worker, await WorkerAsync());
    }

    [Fact]
    public async Task Write_ToAClientThatIsGone_Raises()
    {
        int before = fixture.Ledger("gone ClientGone");
        await using (RawConnection leaver = await RawConnection.OpenAsync(fixture.Server.Address))
        {
            await leaver.SendAsync("GET /writes HTTP/1.1\r\nHost: localhost\r\n\r\n");
            await leaver.ReadSomeAsync();
        }

        await Processes.UntilAsync(() => fixture.Ledger("gone ClientGone") > before, "write() has raised");
        Assert.DoesNotContain(fixture.Server.Output, static line => line.Contains("ClientGone", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/header/set", "the value of header X-Odd is not a str")]
    [InlineData("/header/frozenset", "the value of header X-Odd is not a str")]
    [InlineData("/header/ellipsis", "the value of header X-Odd is not a str")]
    [InlineData("/header/complex", "the value of header X-Odd is not a str")]
    [InlineData("/header/float", "the value of header X-Odd is not a str")]
    [InlineData("/header/huge", "the value of header X-Odd is not a str")]
    [InlineData("/no-pairs", "a header is not a pair of name and value")]
    public async Task Head_OfOddValues_IsBadResponseAndEndsNoWorker(string path, string problem)
    {
        string worker = await WorkerAsync();

        (int status, string head, _) = await fixture.RawAsync(path);

        Assert.Equal(502, status);
        Assert.Contains("Lanner-Error: bad-response", head, StringComparison.Ordinal);
        await fixture.Server.WaitForOutputAsync(line => line.Contains($"GET {path}", StringComparison.Ordinal) && line.Contains(problem, StringComparison.Ordinal));
        Assert.Equal(worker, await WorkerAsync());
    }

    [Fact]
    public async Task Exception_ThatCannotBeTold_IsAppError()
    {
        string worker = await WorkerAsync();

        (int status, string head, _) = await fixture.RawAsync("/untellable");

        Assert.Equal(500, status);
        Assert.Contains("Lanner-Error: app-error", head, StringComparison.Ordinal);
        Assert.Equal(worker, await WorkerAsync());
    }

    [Fact]
    public async Task ResetContent_WithALength_HasNoBody()
    {
        (int status, string head, string body) = await fixture.RawAsync("/reset");

        Assert.Equal((205, ""), (status, body));
        Assert.DoesNotContain("Content-Length: 5", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip", "unpacked\n")]
    [InlineData("proc", "Name:\t")]
    [InlineData("sys", "")]
    [InlineData("before", "\0\u0001")]
    [InlineData("beyond", "\0\u0001")]
    [InlineData("text", "\0\u0001")]
    public async Task File_WhoseDescriptorTellsLittle_IsReadAsTheAppWould(string name, string begin)
    {
        string worker = await WorkerAsync();

        string body = await fixture.Server.Client.GetStringAsync($"/file/{name}");

        Assert.StartsWith(begin, body, StringComparison.Ordinal);
        Assert.NotEmpty(body);
        Assert.Equal(worker, await WorkerAsync());
    }

    [Fact]
    public async Task File_ThatCannotBeRead_CutsTheConnectionAndIsTold()
    {
        (_, _, string body) = await fixture.RawAsync("/file/not-readable");

        Assert.DoesNotContain("x", body, StringComparison.Ordinal);
        await fixture.Server.WaitForOutputAsync(static line => line.Contains("the file that it gave could not be read: ", StringComparison.Ordinal));
    }

    private async Task<string> WorkerAsync()
    {
        using HttpResponseMessage response = await fixture.Server.Client.GetAsync("/");
        return response.Headers.GetValues("X-Pid").Single();
    }
}
