using System.Buffers.Binary;

namespace Lanner.Wire;

/// <summary>
/// The 16 bytes in front of every frame, little-endian (docs/wire.md):
/// <code>
/// 0  u32  length of the payload in bytes
/// 4  u32  number of the request on its channel, from 1, wrapping; 0 on control links
/// 8  u32  extra: requests: bytes of the marshalled environ, the body follows it; last frame of an answer: µs in the app
/// 12 u8   kind
/// 13 u8   flags
/// 14 u16  zero
/// </code>
/// </summary>
public readonly record struct FrameHeader(int Length, uint Number, uint Extra, FrameKind Kind, FrameFlags Flags)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 16;

    /// <summary>The longest payload that is accepted from a Python process; longer bodies travel in several frames.</summary>
    public const int MaxLength = 4 * 1024 * 1024;

    /// <summary>Writes the header to the first <see cref="Size"/> bytes of <paramref name="destination"/>.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)Length);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], Number);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Extra);
        destination[12] = (byte)Kind;
        destination[13] = (byte)Flags;
        BinaryPrimitives.WriteUInt16LittleEndian(destination[14..], 0);
    }

    /// <summary>Reads a header from the first <see cref="Size"/> bytes of <paramref name="source"/>.</summary>
    /// <exception cref="WireException">The length is over <see cref="MaxLength"/> or the reserved bytes are not zero.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> source)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(source);
        if (length > MaxLength)
            throw new WireException($"a frame of {length} bytes is over the limit of {MaxLength}");
        if (BinaryPrimitives.ReadUInt16LittleEndian(source[14..]) != 0)
            throw new WireException("the reserved bytes of a frame header are not zero");
        return new FrameHeader(
            (int)length,
            BinaryPrimitives.ReadUInt32LittleEndian(source[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[8..]),
            (FrameKind)source[12],
            (FrameFlags)source[13]);
    }
}

/// <summary>What a frame is. The same numbers stand in <c>python/lanner/frames.py</c>; the golden vectors hold both to them.</summary>
public enum FrameKind : byte
{
    None = 0,

    /// <summary>Front end to thread: the marshalled environ, then the body.</summary>
    Request = 1,

    /// <summary>Front end to thread: send the descriptor you offered.</summary>
    SendDescriptor = 2,

    /// <summary>Either way: empty, with one descriptor beside it (SCM_RIGHTS), sent only after it was asked for.</summary>
    Descriptor = 3,

    /// <summary>Thread to front end: a whole answer: marshalled (status, headers), then the body.</summary>
    Response = 16,

    /// <summary>Thread to front end: marshalled (status, headers); the body follows in <see cref="Data"/> frames.</summary>
    Head = 17,

    /// <summary>Thread to front end: a piece of the body, to be sent at once.</summary>
    Data = 18,

    /// <summary>Thread to front end: the answer is complete.</summary>
    End = 19,

    /// <summary>Thread to front end: i64 offset, i64 count, marshalled (status, headers); the body is a file whose descriptor is offered.</summary>
    File = 20,

    /// <summary>Thread to front end: marshalled (code, text): the app raised or broke its interface.</summary>
    Error = 21,

    /// <summary>Thread to front end: send me the descriptor of the body's file.</summary>
    BodyWanted = 22,

    /// <summary>Thread to front end: the request was not begun because it had been taken back.</summary>
    Skipped = 23,

    /// <summary>Front end to template: a marshalled dict that says which app to load and how.</summary>
    Configure = 64,

    /// <summary>Template or worker to front end: the app is loaded; a worker that sends it is ready for traffic.</summary>
    Loaded = 65,

    /// <summary>Template or worker to front end: the app could not be loaded: marshalled dict with stage, message and traceback.</summary>
    Failed = 66,

    /// <summary>Front end to template: start a worker; marshalled dict, descriptors beside it.</summary>
    Fork = 67,

    /// <summary>Front end to template: no frame of its own meaning, carries further descriptors for the <see cref="Fork"/> before it.</summary>
    Descriptors = 68,

    /// <summary>Template to front end: marshalled dict with slot, serial and pid.</summary>
    Forked = 69,

    /// <summary>Template to front end: marshalled dict with serial, pid and wait status of a worker that ended.</summary>
    Exited = 70,

    /// <summary>Front end to worker: finish what runs and end. To a template: the server ends, and so must you.</summary>
    Stop = 71,

    /// <summary>Front end to template: marshalled dict with the number of workers that there are to be.</summary>
    Scaled = 72,

    /// <summary>Front end to worker: marshalled dict with the version (decimal str) of the live settings; a descriptor of a file with their JSON beside it.</summary>
    Settings = 73,

    /// <summary>Worker to front end: marshalled dict with the version (decimal str) that what begins from now on sees.</summary>
    SettingsTaken = 74,

    /// <summary>Worker to front end: a wanted change of the settings: marshalled dict with number, patch or whole (JSON), if_version (decimal str or empty), request.</summary>
    SettingsChange = 80,

    /// <summary>Front end to worker: the answer to the question of this number.</summary>
    Answer = 81,

    /// <summary>Worker to front end: something of the app's failed that costs no request: marshalled dict with message and traceback.</summary>
    Fault = 82,

    /// <summary>Worker to front end: a run of a job is to be put in line: marshalled dict with number, name, arguments (JSON), key, at and delay (decimal ms or empty).</summary>
    JobEnqueue = 83,

    /// <summary>Worker to front end: a lock is wanted: marshalled dict with number, name and patience (decimal ms, empty: for ever). Answered when it is granted or refused.</summary>
    LockAcquire = 84,

    /// <summary>Worker to front end: what the question of this number asked for, or was granted, is not needed any more: marshalled dict with number. Not answered.</summary>
    LockRelease = 85,
    LockLost = 86,

    /// <summary>Front end to template or worker: marshalled dict with the levels of loggers; a worker sends it back when they are set.</summary>
    LogLevel = 75,
    Jobs = 76,
}

/// <summary>Flags of a frame.</summary>
[Flags]
public enum FrameFlags : byte
{
    None = 0,

    /// <summary>On <see cref="FrameKind.Request"/>: the body is in a file, to be asked for with <see cref="FrameKind.BodyWanted"/>.</summary>
    BodyInFile = 1,
}
