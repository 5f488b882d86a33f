using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>Takes what a worker asks or tells of its own accord. Called from the loop that reads its control link: it must not wait.</summary>
internal delegate void WorkerQuestions(WorkerHandle worker, FrameKind kind, Dictionary<string, object?> entries);
