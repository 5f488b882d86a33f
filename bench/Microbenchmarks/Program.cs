using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;

// In this process: what BenchmarkDotNet would generate and build must then not obey this checkout's build rules.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. args, "--inProcess"], DefaultConfig.Instance);
