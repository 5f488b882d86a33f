using System.Globalization;

namespace Lanner.Control.Json;

/// <summary>What a member of a request must be, as in "must be …": for those who sent another value.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal class ExpectedAttribute(string what) : Attribute
{
    public string What { get; } = what;

    /// <summary>Whether a value of the right type may be taken.</summary>
    public virtual bool Allows(object value) => true;
}

/// <summary>A whole number with bounds, which the description of the API has too.</summary>
internal sealed class WholeNumberAttribute(int least, int most) : ExpectedAttribute(string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"))
{
    public int Least { get; } = least;

    public int Most { get; } = most;

    public override bool Allows(object value) => value is int number && number >= Least && number <= Most;
}

/// <summary>A body of a request that is right.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ExampleAttribute(string json) : Attribute
{
    public string Json { get; } = json;
}
