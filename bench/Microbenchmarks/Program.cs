using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using Lanner.Bench;

if (args is ["jobs"])
{
    await JobMeasurement.RunAsync();
    return;
}

if (args is ["cluster", ..])
{
    await ClusterMeasurement.RunAsync(args.Length > 1 ? [.. args[1..].Select(static size => int.Parse(size, System.Globalization.CultureInfo.InvariantCulture))] : [10, 100, 300]);
    return;
}

// In this process: what BenchmarkDotNet would generate and build must then not obey this checkout's build rules.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. args, "--inProcess"], DefaultConfig.Instance);
