using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Lanner.Gateway;

/// <summary>Gives the connections of a listener a <see cref="DirectOutput"/>. Not for TLS, whose bytes are not those of the answer.</summary>
public static class DirectOutputListening
{
    /// <summary>To be called before any other connection middleware of the listener.</summary>
    /// <param name="options">The listener.</param>
    /// <param name="memory">Bytes of answers that may wait in memory for one client.</param>
    public static ListenOptions UseDirectOutput(this ListenOptions options, int memory)
    {
        options.Use(next => connection => ServeAsync(connection, next, memory));
        return options;
    }

    private static async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next, int memory)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            await next(connection);
            return;
        }
        IDuplexPipe transport = connection.Transport;
        var output = new DirectOutput(socket, memory);
        connection.Features.Set(output);
        connection.Transport = new Transport(transport.Input, output);
        try
        {
            await next(connection);
            await output.DrainAsync();
        }
        finally
        {
            connection.Transport = transport;
        }
    }

    private sealed class Transport(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
