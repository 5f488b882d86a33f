using Lanner.Wire;

namespace Lanner.Supervision.Locks;

/// <summary>
/// The locks that an app's workers ask for. Each question has a number, alone in its worker, by which it is also given
/// up or released: so neither needs an answer, and a release overtakes no grant. What a worker has ends with it.
/// </summary>
public sealed class WorkerLocks
{
    /// <summary>Longer than any timer runs: for ever.</summary>
    private const long LongestPatience = 4_000_000_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<WorkerHandle, Dictionary<int, Question>> _questions = [];

    /// <summary>The highest number that was lost: what was granted before it is lost too, also if nobody has been told of it yet.</summary>
    private long _lostUpTo;

    /// <summary>Waits for a lock; null: this server keeps no locks. A call that is cancelled has none.</summary>
    public Func<LockRequest, CancellationToken, Task<LockAnswer>>? Wanted { get; set; }

    /// <summary>A grant is not needed any more: the lock's name, the grant's number.</summary>
    public Action<string, long>? Released { get; set; }

    /// <summary>A holder is no more.</summary>
    public Action<string>? Ended { get; set; }

    /// <summary>A worker asks for a lock: answers when it has it, or when it will not have it.</summary>
    internal async Task AnswerAsync(WorkerHandle worker, Dictionary<string, object?> entries)
    {
        int number = entries.Number("number");
        string name = entries.Text("name");
        using var question = new Question(name);
        if (!TryNote(worker, number, question))
            return;
        LockAnswer answer = await AskAsync(worker, question, entries.Whole("patience"));
        bool isWanted, isLost;
        lock (_gate)
        {
            isWanted = !question.IsOver;
            question.Grant = answer.Number;
            isLost = answer.Number != 0 && answer.Number <= _lostUpTo;
            if (isWanted && (answer.Number == 0 || isLost))
                _questions.GetValueOrDefault(worker)?.Remove(number);
        }
        if (isWanted)
            await TellAsync(worker, number, answer);
        if (isWanted && isLost)
            await TellLostAsync(worker, number);
        else if (!isWanted && answer.Number != 0)
            Released?.Invoke(name, answer.Number);
    }

    /// <summary>A worker does not need what it has asked for, or has, any more.</summary>
    internal void Release(WorkerHandle worker, Dictionary<string, object?> entries)
    {
        int number = entries.Number("number");
        Question? question;
        long grant;
        lock (_gate)
        {
            if (!_questions.TryGetValue(worker, out Dictionary<int, Question>? its) || !its.Remove(number, out question))
                return;
            question.IsOver = true;
            grant = question.Grant;
        }
        question.GiveUp();
        if (grant != 0)
            Released?.Invoke(question.Name, grant);
    }

    /// <summary>What was granted up to a number is lost: who has it is told.</summary>
    public void Lose(long upTo)
    {
        var lost = new List<(WorkerHandle Worker, int Number)>();
        lock (_gate)
        {
            _lostUpTo = Math.Max(_lostUpTo, upTo);
            foreach ((WorkerHandle worker, Dictionary<int, Question> its) in _questions)
                lost.AddRange(its.Where(one => one.Value.Grant is > 0 and long grant && grant <= upTo).Select(one => (worker, one.Key)));
            foreach ((WorkerHandle worker, int number) in lost)
                _questions[worker].Remove(number);
        }
        foreach ((WorkerHandle worker, int number) in lost)
            _ = TellLostAsync(worker, number);
    }

    private static Task TellLostAsync(WorkerHandle worker, int number) => worker.TellAsync(FrameKind.LockLost, frame =>
    {
        frame.Str("number");
        frame.Int(number);
    });

    private async Task<LockAnswer> AskAsync(WorkerHandle worker, Question question, long? patience)
    {
        if (Wanted is not { } wanted)
            return new LockAnswer(0, "no-locks", "this server keeps no locks");
        try
        {
            return await wanted(
                new LockRequest(HolderOf(worker), question.Name, patience is { } some and <= LongestPatience ? TimeSpan.FromMilliseconds(some) : Timeout.InfiniteTimeSpan),
                question.GivenUp);
        }
        catch (OperationCanceledException)
        {
            return new LockAnswer(0, "given-up", "the server stops");
        }
    }

    private static Task TellAsync(WorkerHandle worker, int number, LockAnswer answer) => worker.TellAsync(FrameKind.Answer, frame =>
    {
        frame.Str("number");
        frame.Int(number);
        frame.Str("fence");
        frame.Str(answer.Number == 0 ? "" : answer.Number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        frame.Str("code");
        frame.Str(answer.Code);
        frame.Str("message");
        frame.Str(answer.Message);
    });

    /// <summary>False when the worker is no more, or has asked with this number already.</summary>
    private bool TryNote(WorkerHandle worker, int number, Question question)
    {
        bool isFirst;
        lock (_gate)
        {
            if (worker.State == WorkerState.Exited)
                return false;
            isFirst = !_questions.TryGetValue(worker, out Dictionary<int, Question>? its);
            if (!(its ?? (_questions[worker] = [])).TryAdd(number, question))
                return false;
        }
        if (isFirst)
            _ = FollowAsync(worker);
        return true;
    }

    /// <summary>A worker's end, or its becoming another program, ends what it has.</summary>
    private async Task FollowAsync(WorkerHandle worker)
    {
        await Task.WhenAny(worker.Exited, worker.HungUp);
        Dictionary<int, Question>? left;
        lock (_gate)
        {
            _questions.Remove(worker, out left);
            foreach (Question question in left?.Values ?? Enumerable.Empty<Question>())
                question.IsOver = true;
        }
        foreach (Question question in left?.Values ?? Enumerable.Empty<Question>())
            question.GiveUp();
        Ended?.Invoke(HolderOf(worker));
    }

    /// <summary>The name of a worker among all holders: no other one that lives has it.</summary>
    private static string HolderOf(WorkerHandle worker) =>
        $"{(worker.Kind == WorkerKind.Job ? "job worker" : "worker")} {worker.Slot} of generation {worker.Generation} (pid {worker.Pid})";

    /// <summary>One question, from when it is asked until it is refused, or what it was granted is released.</summary>
    private sealed class Question(string name) : IDisposable
    {
        private readonly CancellationTokenSource _gaveUp = new();

        public string Name => name;

        /// <summary>Cancelled when nobody waits for an answer any more.</summary>
        public CancellationToken GivenUp => _gaveUp.Token;

        /// <summary>Nobody waits for an answer any more. Under the gate.</summary>
        public bool IsOver { get; set; }

        /// <summary>The number of what was granted; 0: nothing yet. Under the gate.</summary>
        public long Grant { get; set; }

        public void GiveUp()
        {
            try
            {
                _gaveUp.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has been answered.
            }
        }

        public void Dispose() => _gaveUp.Dispose();
    }
}

/// <summary>A lock that code wants.</summary>
/// <param name="Holder">The worker; alone in its app.</param>
/// <param name="Name">The lock's name in its app.</param>
/// <param name="Patience">How long to wait; zero: not at all; infinite: for ever.</param>
public sealed record LockRequest(string Holder, string Name, TimeSpan Patience);

/// <summary>What became of it.</summary>
/// <param name="Number">The fencing number of the grant; 0 when there is none.</param>
/// <param name="Code">Empty when it is granted; else a word for why not. <c>not-in-time</c>: others had it for all that time.</param>
/// <param name="Message">Why not, in one sentence.</param>
public sealed record LockAnswer(long Number, string Code, string Message);
