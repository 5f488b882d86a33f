namespace Lanner.Server.Commands;

/// <summary><c>lanner stop</c>: a graceful stop, as TERM does; done when the server has ended.</summary>
internal static class StopCommand
{
    public static async Task<int> RunAsync(ControlSession session, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // Opened before: its end cannot be missed.
        var connection = await session.Client.OpenAsync(cancellationToken);
        try
        {
            await session.Client.PostAsync("/v1/stop", cancellationToken);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await session.Client.WaitForEndAsync(connection, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandFailure(FormattableString.Invariant($"the server still finishes what runs after {timeout.TotalSeconds:0.###} s; it ends by itself, or at once by a second TERM"));
        }
        session.Output.WriteLine("stopped");
        return 0;
    }
}
