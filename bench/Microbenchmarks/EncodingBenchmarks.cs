using BenchmarkDotNet.Attributes;
using Lanner.Wire;

namespace Lanner.Bench;

/// <summary>What one request and one answer cost before and after the socket: a frame encoded, a head parsed.</summary>
[MemoryDiagnoser]
public class EncodingBenchmarks
{
    private static readonly (byte[] Key, string Value)[] s_entries =
    [
        Entry("REQUEST_METHOD", "GET"),
        Entry("SCRIPT_NAME", ""),
        Entry("PATH_INFO", "/articles/2026/on-falcons"),
        Entry("QUERY_STRING", "page=2&order=newest"),
        Entry("RAW_URI", "/articles/2026/on-falcons?page=2&order=newest"),
        Entry("REQUEST_URI", "/articles/2026/on-falcons?page=2&order=newest"),
        Entry("SERVER_PROTOCOL", "HTTP/1.1"),
        Entry("SERVER_NAME", "127.0.0.1"),
        Entry("REMOTE_ADDR", "127.0.0.1"),
        Entry("wsgi.url_scheme", "http"),
        Entry("HTTP_HOST", "shop.example.com"),
        Entry("HTTP_USER_AGENT", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        Entry("HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        Entry("HTTP_ACCEPT_LANGUAGE", "en-GB,en;q=0.7,de;q=0.3"),
        Entry("HTTP_ACCEPT_ENCODING", "gzip, deflate, br, zstd"),
        Entry("HTTP_COOKIE", "session=6f1c2e9ab0d84c7f; basket=3; theme=dark"),
        Entry("lanner.request_id", "0HNH3K2J5T7QF:00000002"),
        Entry("HTTP_X_REQUEST_ID", "0HNH3K2J5T7QF:00000002"),
    ];

    private static readonly byte[] s_serverPort = MarshalWriter.EncodeKey("SERVER_PORT");
    private static readonly byte[] s_remotePort = MarshalWriter.EncodeKey("REMOTE_PORT");

    private readonly MarshalWriter _frame = new();
    private readonly byte[] _response = Response();

    /// <summary>A request of 20 entries, as the gateway writes it.</summary>
    [Benchmark]
    public int EncodeRequest()
    {
        _frame.Clear();
        int at = _frame.BeginFrame();
        _frame.BeginDict();
        foreach ((byte[] key, string value) in s_entries)
        {
            _frame.Raw(key);
            _frame.Str(value);
        }
        _frame.Raw(s_serverPort);
        _frame.DecimalStr(8000);
        _frame.Raw(s_remotePort);
        _frame.DecimalStr(50412);
        _frame.EndDict();
        _frame.EndFrame(at, FrameKind.Request, extra: (uint)(_frame.Count - at - FrameHeader.Size));
        return _frame.Count;
    }

    /// <summary>The header of a Response frame, its status and its four headers, without making strings of them.</summary>
    [Benchmark]
    public int ParseResponseHead()
    {
        FrameHeader header = FrameHeader.Read(_response);
        var reader = new MarshalReader(_response.AsSpan(FrameHeader.Size, header.Length));
        int bytes = reader.BeginSequence();
        bytes += reader.Str().Length;
        for (int headers = reader.BeginSequence(); headers > 0; headers--)
        {
            bytes += reader.BeginSequence();
            bytes += reader.Str().Length;
            bytes += reader.Str().Length;
        }
        return bytes + reader.Position;
    }

    private static (byte[] Key, string Value) Entry(string key, string value) => (MarshalWriter.EncodeKey(key), value);

    private static byte[] Response()
    {
        var frame = new MarshalWriter();
        int at = frame.BeginFrame();
        frame.BeginTuple(2);
        frame.Str("200 OK");
        (string Name, string Value)[] headers =
        [
            ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "14"), ("Cache-Control", "no-store"), ("X-Frame-Options", "DENY"),
        ];
        frame.BeginList(headers.Length);
        foreach ((string name, string value) in headers)
        {
            frame.BeginTuple(2);
            frame.Str(name);
            frame.Str(value);
        }
        frame.Raw("Hello, Lanner!"u8);
        frame.EndFrame(at, FrameKind.Response, number: 1);
        return frame.Written.ToArray();
    }
}
