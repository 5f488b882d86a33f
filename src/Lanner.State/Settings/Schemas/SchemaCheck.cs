using System.Runtime.CompilerServices;
using Json.Pointer;
using Json.Schema;

namespace Lanner.State.Settings.Schemas;

/// <summary>One check of settings, and how much of its time is used. The library hands its options to each keyword.</summary>
internal sealed class SchemaCheck(TimeProvider time) : EvaluationOptions
{
    /// <summary>Checks take milliseconds; but references can multiply the work, and patterns can backtrack.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    /// <summary>Bounds what is kept in memory to explain a violation. A megabyte whose every value is a reference has fewer.</summary>
    private const int MostSteps = 1_000_000;

    private readonly long _begin = time.GetTimestamp();
    private int _steps;

    /// <summary>Called by each keyword that can make a check long or deep.</summary>
    /// <exception cref="SchemaLimitException">The check takes too long.</exception>
    /// <exception cref="InsufficientExecutionStackException">It is too deep for the thread's stack.</exception>
    public static void Step(EvaluationContext context)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var check = (SchemaCheck)context.Options;
        if (++check._steps > MostSteps || check.IsOver)
            throw new SchemaLimitException(context.InstanceLocation, "takes too long to check against the schema");
    }

    private bool IsOver => time.GetElapsedTime(_begin) > s_longest;
}

/// <summary>A check was given up.</summary>
internal sealed class SchemaLimitException(JsonPointer location, string reason) : Exception(reason)
{
    /// <summary>Where in the settings.</summary>
    public JsonPointer Location { get; } = location;
}
