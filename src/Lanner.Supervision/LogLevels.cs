using System.Collections.Immutable;

namespace Lanner.Supervision;

/// <summary>
/// The levels of Python's loggers that were asked for while an app runs. They come before those of its settings, and hold for
/// every process it has and will have, until the server ends or they are taken back.
/// </summary>
public sealed class LogLevels : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<TemplateProcess> _templates = [];
    private ImmutableSortedDictionary<string, PythonLevel> _asked = ImmutableSortedDictionary.Create<string, PythonLevel>(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1, 1); // no process may hear of an older state after a newer one
    private int _serial;

    /// <summary>What was asked for, by the logger's name; the root logger's is empty.</summary>
    public IReadOnlyDictionary<string, PythonLevel> Asked
    {
        get
        {
            lock (_gate)
                return _asked;
        }
    }

    /// <summary>Sets the level of a logger in all processes of the app; done when the workers that take requests have it.</summary>
    /// <param name="logger">The logger's name; empty for the root.</param>
    /// <param name="level">The level; <see cref="PythonLevel.Unset"/> gives the logger back the one it had.</param>
    /// <param name="cancellationToken">Stops waiting for another change to be done.</param>
    /// <returns>How many workers there are, and how many have it: one that computes in C for longer than two seconds has it later.</returns>
    public async Task<(int Workers, int Changed)> SetAsync(string logger, PythonLevel level, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            (int Workers, int Changed)[] told = await TellAsync(logger, level);
            return (told.Sum(template => template.Workers), told.Sum(template => template.Changed));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>From now on the template hears of changes; and at once, if there has been one since it was configured with the given.</summary>
    internal async Task JoinAsync(TemplateProcess template, int serial)
    {
        await _turn.WaitAsync();
        try
        {
            int last;
            lock (_gate)
            {
                _templates.Add(template);
                last = _serial;
            }
            if (last != serial)
                await template.TellLevelsAsync(last);
        }
        finally
        {
            _turn.Release();
        }
    }

    internal void Leave(TemplateProcess template)
    {
        lock (_gate)
            _templates.Remove(template);
    }

    private async Task<(int Workers, int Changed)[]> TellAsync(string logger, PythonLevel level)
    {
        TemplateProcess[] templates;
        int serial;
        lock (_gate)
        {
            _asked = level == PythonLevel.Unset ? _asked.Remove(logger) : _asked.SetItem(logger, level);
            serial = ++_serial;
            templates = [.. _templates];
        }
        return await Task.WhenAll(templates.Select(template => template.TellLevelsAsync(serial)));
    }

    /// <summary>When the server ends, after the app's processes.</summary>
    public void Dispose() => _turn.Dispose();

    /// <summary>What a process is to be told: name, level, name, level …; and the number of the change that this is.</summary>
    internal (IReadOnlyList<string> Levels, int Serial) For(AppDefinition app)
    {
        lock (_gate)
        {
            ImmutableSortedDictionary<string, PythonLevel> all = app.LogLevel != PythonLevel.Unset && !_asked.ContainsKey("") ? _asked.Add("", app.LogLevel) : _asked;
            var words = new List<string>();
            foreach ((string logger, PythonLevel level) in all)
                words.AddRange([logger, level.Word()]);
            return (words, _serial);
        }
    }
}

/// <summary>A level of Python's <c>logging</c>.</summary>
public enum PythonLevel
{
    /// <summary>As the app has it.</summary>
    Unset,
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

/// <summary>Levels as settings, the API and the wire write them.</summary>
public static class PythonLevels
{
    /// <summary>The word, in small letters.</summary>
    public static string Word(this PythonLevel level) => level.ToString().ToLowerInvariant();
}
