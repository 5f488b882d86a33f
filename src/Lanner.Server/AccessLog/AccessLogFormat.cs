using System.Buffers;
using Lanner.Gateway;

namespace Lanner.Server.AccessLog;

/// <summary>
/// One way to write a finished request as a line of bytes. Called only on the log's own task, so an implementation
/// may keep buffers.
/// </summary>
internal abstract class AccessLogFormat
{
    /// <summary>Writes the record and a line feed. Nothing in the record may break the line.</summary>
    public abstract void Write(in AccessRecord record, IBufferWriter<byte> output);
}
