using System.Globalization;
using System.Text;
using Lanner.Control;

namespace Lanner.Server;

/// <summary>What a run has written so far; of much, the end.</summary>
/// <param name="longest">Characters that are kept at least.</param>
internal sealed class RunLog(int longest)
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private long _gone;

    public void Add(string line)
    {
        lock (_gate)
        {
            _text.Append(line).Append('\n');
            // Cut now and then, and not with each line.
            if (_text.Length > 2 * longest)
                Cut(_text.Length - longest);
        }
    }

    /// <summary>What came after so many characters, as far as it is kept.</summary>
    public RunOutput Since(long from)
    {
        lock (_gate)
        {
            long at = from >= _gone && from <= _gone + _text.Length ? from : _gone;
            return new RunOutput(at, _text.ToString((int)(at - _gone), (int)(_gone + _text.Length - at)));
        }
    }

    /// <summary>All that is kept of it; says how much is not.</summary>
    public string Whole()
    {
        lock (_gate)
        {
            if (_gone == 0 && _text.Length <= longest)
                return _text.ToString();
            // The sentence takes its place from the text, which is cut no more after it.
            const int Sentence = 60;
            if (_text.Length > longest - Sentence)
                Cut(_text.Length - Math.Max(0, longest - Sentence));
            return string.Create(CultureInfo.InvariantCulture, $"[{_gone:N0} characters are not kept] …{_text}");
        }
    }

    private void Cut(int count)
    {
        // Half a character is none.
        if (count < _text.Length && char.IsLowSurrogate(_text[count]))
            count++;
        _text.Remove(0, count);
        _gone += count;
    }
}
