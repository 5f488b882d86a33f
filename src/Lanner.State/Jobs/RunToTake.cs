namespace Lanner.State.Jobs;

/// <summary>A waiting run that a server wants to start.</summary>
/// <param name="Id">Its number.</param>
/// <param name="IsAlone">Only while no other run of its job is claimed or running, on whichever server.</param>
public readonly record struct RunToTake(long Id, bool IsAlone);

/// <summary>A run that has begun.</summary>
/// <param name="Id">Its number.</param>
/// <param name="At">When.</param>
public readonly record struct BegunRun(long Id, DateTimeOffset At);
