using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Lanner.Wire.Tests;

/// <summary>tests/vectors/frames.json, held against the C# side.</summary>
public class GoldenFrames
{
    private static readonly JsonElement[] s_all = [.. JsonDocument.Parse(File.ReadAllText(PathOf())).RootElement.EnumerateArray()];

    public static TheoryData<string> Requests => Names("request");

    public static TheoryData<string> Answers => Names("answer");

    [Theory]
    [MemberData(nameof(Requests))]
    public void Encode_Request_IsTheGoldenFrame(string name)
    {
        JsonElement vector = Find(name);
        var frame = new MarshalWriter();
        int at = frame.BeginFrame();
        frame.BeginDict();
        foreach (JsonProperty entry in vector.GetProperty("environ").EnumerateObject())
        {
            frame.Raw(MarshalWriter.EncodeKey(entry.Name));
            frame.Str(entry.Value.GetString());
        }
        frame.EndDict();
        uint environ = (uint)(frame.Count - at - FrameHeader.Size);
        frame.Raw(Convert.FromHexString(vector.GetProperty("body").GetString()!));
        frame.EndFrame(at, FrameKind.Request, environ, (FrameFlags)vector.GetProperty("flags").GetByte());
        var numbered = new MarshalWriter();
        numbered.Frame(frame.Written, vector.GetProperty("number").GetUInt32());

        Assert.Equal(vector.GetProperty("frame").GetString(), Convert.ToHexStringLower(numbered.Written));
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void Decode_Answer_IsWhatTheVectorSays(string name)
    {
        JsonElement vector = Find(name);
        byte[] bytes = Convert.FromHexString(vector.GetProperty("frame").GetString()!);

        FrameHeader header = FrameHeader.Read(bytes);

        Assert.Equal(bytes.Length - FrameHeader.Size, header.Length);
        Assert.Equal(vector.GetProperty("number").GetUInt32(), header.Number);
        Assert.Equal(vector.GetProperty("extra").GetUInt32(), header.Extra);
        Assert.Equal(vector.GetProperty("kind").GetByte(), (byte)header.Kind);
        var payload = new MarshalReader(bytes.AsSpan(FrameHeader.Size + (header.Kind == FrameKind.File ? 16 : 0)));
        if (vector.TryGetProperty("status", out JsonElement status))
        {
            Assert.Equal(2, payload.BeginSequence());
            Assert.Equal(status.GetString(), Encoding.UTF8.GetString(payload.Str()));
            Assert.Equal(vector.GetProperty("headers").GetArrayLength(), payload.BeginSequence());
            foreach (JsonElement pair in vector.GetProperty("headers").EnumerateArray())
            {
                Assert.Equal(2, payload.BeginSequence());
                Assert.Equal(pair[0].GetString(), Encoding.UTF8.GetString(payload.Str()));
                Assert.Equal(pair[1].GetString(), Encoding.UTF8.GetString(payload.Str()));
            }
            if (vector.TryGetProperty("body", out JsonElement body))
                Assert.Equal(body.GetString(), Convert.ToHexStringLower(bytes.AsSpan(FrameHeader.Size + payload.Position)));
        }
        if (vector.TryGetProperty("code", out JsonElement code))
        {
            var pair = Assert.IsType<List<object?>>(payload.Value());
            Assert.Equal([code.GetString(), vector.GetProperty("text").GetString()], pair);
        }
    }

    private static TheoryData<string> Names(string direction) =>
        [.. s_all.Where(vector => vector.GetProperty("direction").GetString() == direction).Select(vector => vector.GetProperty("name").GetString()!)];

    private static JsonElement Find(string name) => s_all.Single(vector => vector.GetProperty("name").GetString() == name);

    private static string PathOf([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "vectors", "frames.json");
}
