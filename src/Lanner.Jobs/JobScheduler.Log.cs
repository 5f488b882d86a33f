using Microsoft.Extensions.Logging;

namespace Lanner.Jobs;

public sealed partial class JobScheduler
{
    [LoggerMessage(6001, LogLevel.Error, "jobs: nothing is started until the ledger can be written: {Why}")]
    private static partial void NotStored(ILogger log, string why);

    [LoggerMessage(6002, LogLevel.Error, "jobs: a step failed and is done again")]
    private static partial void Failed(ILogger log, Exception failure);

    [LoggerMessage(6003, LogLevel.Error, "jobs: run {Run} of {Job} could not be carried out")]
    private static partial void RunnerFailed(ILogger log, Exception failure, string job, long run);

    [LoggerMessage(6004, LogLevel.Warning, "jobs: the server {Server} is no more: {Waiting} of its runs wait on, {Interrupted} were interrupted")]
    private static partial void Inherited(ILogger log, string server, int waiting, int interrupted);
}
