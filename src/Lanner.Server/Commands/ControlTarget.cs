using Lanner.Server.Configuration;
using Lanner.Server.Configuration.Values;

namespace Lanner.Server.Commands;

/// <summary>
/// Where a command finds its server: what its options say, else the environment, else the settings file in the current directory, else
/// where a server listens that was told nothing.
/// </summary>
internal sealed record ControlTarget(BindAddress Address, string? Token)
{
    public const string DefaultAddress = "unix:.lanner/control.sock";

    /// <param name="control"><c>--control</c>.</param>
    /// <param name="token"><c>--token</c>.</param>
    /// <param name="environment">Reads a variable.</param>
    /// <param name="directory">The current directory.</param>
    /// <param name="error">Is told of a settings file that cannot be read: the server may be there all the same.</param>
    /// <exception cref="CommandFailure">The address is none.</exception>
    public static ControlTarget Find(string? control, string? token, Func<string, string?> environment, string directory, TextWriter error)
    {
        var variable = environment("LANNER_CONTROL") is { Length: > 0 } set ? set : null;
        var given = control is not null ? Parsed(control, "--control") : variable is not null ? Parsed(variable, "$LANNER_CONTROL") : null;
        token ??= environment("LANNER_CONTROL_TOKEN") is { Length: > 0 } secret ? secret : null;
        if (given is UnixBindAddress || (given is not null && token is not null)) return new ControlTarget(given, token);
        var settings = OfFile(directory, error);
        var own = Parsed(settings?.Control ?? DefaultAddress, "control");
        // A server that is not this file's does not get its token.
        return new ControlTarget(given ?? own, token ?? (given is null || given == own ? settings?.ControlToken : null));

        BindAddress Parsed(string text, string origin)
        {
            UsageError.Value(new ControlAddressKind().Parse(text, directory), origin);
            return UsageError.Value(new BindAddressKind().Parse(text, directory), origin);
        }
    }

    /// <summary>The settings of the file in the directory; null when there is none. Whether the rest of it is right is the server's concern.</summary>
    private static ServerSettings? OfFile(string directory, TextWriter error)
    {
        var problems = new List<Problem>();
        var file = SettingsFile.Find(directory, directory, problems, File.ReadAllBytes);
        foreach (var problem in problems) error.WriteLine($"lanner: {problem}");
        if (file is null) return null;
        var draft = new ConfigurationDraft(directory, [], directory);
        draft.ReadFile(file);
        if (draft.IsGiven("", "control") && draft.Problems.Find(problem => problem.Origin == draft.OriginOf("", "control")) is { } wrong)
            throw new CommandFailure($"{wrong}", CommandLine.BadUsage);
        return draft.Server;
    }
}
