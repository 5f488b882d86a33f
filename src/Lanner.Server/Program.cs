using Lanner.Server;
using Lanner.Server.Commands;

SocketThreads.Prepare();
return await new CommandLine(Console.Out, Console.Error).RunAsync(args, CancellationToken.None);
