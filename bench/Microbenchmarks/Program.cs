using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using Lanner.Bench;

if (args is ["jobs"])
{
    await JobMeasurement.RunAsync();
    return;
}

// In this process: what BenchmarkDotNet would generate and build must then not obey this checkout's build rules.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. args, "--inProcess"], DefaultConfig.Instance);
