using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Lanner.Control.Events;

/// <summary>Something that has happened: the JSON object that readers of <c>GET /v1/events</c> are sent.</summary>
internal abstract record EventBody
{
    [JsonPropertyOrder(-1), Description("When it happened.")]
    public required DateTimeOffset At { get; init; }
}

/// <summary>Events of one kind.</summary>
internal interface INamedEvent
{
    /// <summary>The event's name: a word that does not change.</summary>
    static abstract string EventName { get; }
}
