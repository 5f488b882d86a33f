using System.Security.Cryptography;
using System.Text;

namespace Lanner.Control;

/// <summary>
/// Browsers that have shown the token. Each holds a random name in a cookie; here only its hash is kept. A server forgets them
/// when it ends.
/// </summary>
internal sealed class BrowserSessions(TimeProvider time)
{
    /// <summary>Sessions at a time; the one that ends first makes room for another.</summary>
    public const int Most = 64;

    private const int SecretBytes = 32;

    /// <summary>A working day, however much the session is used.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _ends = [];

    /// <summary>Starts a session.</summary>
    public (string Secret, string Key, DateTimeOffset Expires) Start()
    {
        string secret = RandomNumberGenerator.GetHexString(2 * SecretBytes, lowercase: true);
        string key = Key(secret);
        DateTimeOffset expires = time.GetUtcNow() + Lifetime;
        lock (_gate)
        {
            if (_ends.Count >= Most)
                _ends.Remove(_ends.MinBy(static session => session.Value).Key);
            _ends[key] = expires;
        }
        return (secret, key, expires);
    }

    /// <summary>The session that the cookie names, or null.</summary>
    public ControlCaller? Find(string? secret)
    {
        if (string.IsNullOrEmpty(secret))
            return null;
        string key = Key(secret);
        lock (_gate)
        {
            if (!_ends.TryGetValue(key, out DateTimeOffset expires))
                return null;
            if (expires > time.GetUtcNow())
                return new ControlCaller(CallerKind.Session) { Session = key, Expires = expires };
            _ends.Remove(key);
            return null;
        }
    }

    public void End(string key)
    {
        lock (_gate)
            _ends.Remove(key);
    }

    /// <summary>What is looked up is a hash: how long that takes says nothing of the secret.</summary>
    private static string Key(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
