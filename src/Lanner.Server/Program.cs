using Lanner.Server.Commands;

return await new CommandLine(Console.Out, Console.Error).RunAsync(args, CancellationToken.None);
