using Lanner.Server;
using Lanner.Server.Commands;
using Lanner.Supervision;

InheritedSignals.Admit(args);
SocketThreads.Prepare();
InheritedDescriptors.KeepFromPrograms();
using EarlyPython? early = EarlyStart.Begin(args);
return await new CommandLine(Console.Out, Console.Error, early).RunAsync(args, CancellationToken.None);
