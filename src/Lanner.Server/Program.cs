using Lanner.Server;
using Lanner.Server.Commands;

SocketThreads.Prepare();
InheritedDescriptors.KeepFromPrograms();
return await new CommandLine(Console.Out, Console.Error).RunAsync(args, CancellationToken.None);
