using System.Globalization;
using System.Text.Json;

namespace Lanner.Server.Migration;

/// <summary>A Python file that serves an app with <c>waitress.serve(app, …)</c>; it is only read.</summary>
internal static class WaitressScript
{
    private static readonly string[] s_functions = ["waitress.serve", "waitress.create_server", "waitress.server.create_server"];

    /// <summary>By its name, or by the interpreter in its first line.</summary>
    public static bool IsPython(string path)
    {
        if (path.EndsWith(".py", StringComparison.Ordinal)) return true;
        var first = Source.Read(path).Split('\n', 2)[0];
        return first.StartsWith("#!", StringComparison.Ordinal) && first.Contains("python", StringComparison.Ordinal);
    }

    public static MigratedServer Migrate(Source source)
    {
        var statements = PythonFile.Read(source, "__main__", s_functions);
        PythonStatement[] calls = [.. statements.Where(IsCall)];
        if (calls is not [var call, .. var others]) throw new MigrationFailure($"{source.Path} calls neither waitress.serve nor waitress.create_server");
        var migrated = new MigratedServer("waitress", source.Path);
        foreach (var other in others) migrated.Refuse(Option(source, other), "only the first call of the file is carried over");
        if (call.Depends.Count > 0) migrated.Change(Option(source, call), Assumption.Why(call.Depends));
        var app = App(migrated, source, call);
        Arguments(migrated, app, source, call);
        // Where the app is in the file, Lanner imports it, and it does the rest itself.
        if (source.App is not null || AppOf(call)?.Reference.StartsWith(':') != true) Rest(migrated, app, source, statements, call);
        return migrated;
    }

    private static void Arguments(MigratedServer migrated, MigratedApp app, Source source, PythonStatement call)
    {
        var addresses = new WaitressAddresses();
        var options = new List<WaitressOption>();
        foreach (var argument in call.Arguments.Where(argument => !ReferenceEquals(argument, AppOf(call))))
        {
            var option = Argument(source, argument);
            if (option.Value is not null && argument.Depends.Count > 0) migrated.Change(option.Text, Assumption.Why(argument.Depends));
            if (argument.Name is "host" or "port" or "listen" or "unix_socket") Listen(migrated, addresses, option);
            else if (argument.Name is "" or "**") migrated.Lose(option.Text, argument.Reason ?? "it has no name");
            else options.Add(option);
        }
        foreach (var address in addresses.All) migrated.Bind(Option(source, call), address);
        WaitressOptions.Apply(migrated, app, options);
    }

    /// <summary>What the file does for an app that lies elsewhere.</summary>
    private static void Rest(MigratedServer migrated, MigratedApp app, Source source, IReadOnlyList<PythonStatement> statements, PythonStatement call)
    {
        // Its own functions, and the server that was created, only lead to the call.
        string[] own =
        [
            .. statements.Where(static statement => statement.Kind is PythonStatementKind.Function).Select(static function => function.Name + "("),
            .. statements.Where(statement => statement.Kind is PythonStatementKind.Value && statement.Line == call.Line).Select(static server => server.Name + "."),
        ];
        foreach (var statement in statements)
        {
            if (PythonVariables.Is(statement)) PythonVariables.Take(migrated, app, statement, Option(source, statement));
            else if (statement.Kind is not PythonStatementKind.Statement || own.Any(beginning => statement.Text.StartsWith(beginning, StringComparison.Ordinal))) continue;
            else if (statement.Text.StartsWith("sys.path", StringComparison.Ordinal)) migrated.Refuse(Option(source, statement), $"Lanner does not run this file: add the directory to PYTHONPATH in [app.{app.Name}.env]");
            else migrated.Refuse(Option(source, statement), "Lanner does not run this file: do it in the module of the app");
        }
    }

    private static bool IsCall(PythonStatement statement) => statement.Kind is PythonStatementKind.Call;

    private static string Option(Source source, PythonStatement statement) => $"{Place(source, statement.Line)} {statement.Text}";

    /// <summary>The first argument, also where it is named.</summary>
    private static PythonValue? AppOf(PythonStatement call) =>
        call.Arguments.FirstOrDefault(static argument => argument.Name is "app" or "application") ?? call.Arguments.FirstOrDefault(static argument => argument.Name.Length == 0);

    private static MigratedApp App(MigratedServer migrated, Source source, PythonStatement call)
    {
        if (source.App is { } given)
            return Configuration.AppReference.FindProblem(given) is { } problem ? throw new MigrationFailure($"{source.Path}: {problem}") : migrated.AddApp(given, migrated.Directory);
        var argument = AppOf(call);
        var place = $"{Place(source, argument?.Line ?? call.Line)} {call.Text}";
        if (argument is not { Reference.Length: > 0 })
            return migrated.AddLostApp(place, $"{(argument?.Reason is { } why ? $"{why}: " : "")}give the app a name in a module, and write app = \"module:name\"", migrated.Directory);
        if (!argument.Reference.StartsWith(':')) return migrated.AddApp(argument.Reference, migrated.Directory);
        // Lanner imports the file: the call must not be made then.
        if (PythonFile.Read(source, "imported", s_functions).Any(other => IsCall(other) && other.IsReached && other.Line == call.Line))
            migrated.Change(place, "Lanner imports this file, which must not serve then: put the call under if __name__ == \"__main__\"");
        return migrated.AddApp((source.Name.EndsWith(".py", StringComparison.Ordinal) ? source.Name : source.Path) + argument.Reference, migrated.Directory);
    }

    private static WaitressOption Argument(Source source, PythonValue argument)
    {
        var place = Place(source, argument.Line);
        var text = argument switch
        {
            { Name: "" or "**" } => $"{place} {argument.Text}",
            _ when argument.Text.StartsWith("**", StringComparison.Ordinal) => $"{place} {argument.Name} of {argument.Text}",
            _ => $"{place} {argument.Name}={argument.Text}",
        };
        var value = argument.Value.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => null,
            JsonValueKind.String => argument.Value.GetString(),
            JsonValueKind.Array => string.Join(' ', argument.Value.EnumerateArray().Select(static item => item.ToString())),
            _ => argument.Value.GetRawText(),
        };
        var why = argument.Reason ?? (Assumption.HasVariables(argument.Depends) ? $"{string.Join(", ", argument.Depends)} has no default here" : "it is None");
        return new WaitressOption(argument.Name, value, text) { Why = why, Comment = Assumption.Comment(place, argument.Depends) };
    }

    private static void Listen(MigratedServer migrated, WaitressAddresses addresses, WaitressOption option)
    {
        if (option.Comment is { } comment) migrated.BindComment = comment;
        switch (option.Key, option.Value)
        {
            case (_, null):
                addresses.IsLost = true;
                migrated.Lose(option.Text, "bind", option.Why);
                break;
            case ("host", { } host): addresses.Host = host; break;
            case ("port", { } port): addresses.Port = port; break;
            case ("listen", { } listen): addresses.Listen(listen); break;
            case (_, { } path): addresses.UnixSocket(path); break;
        }
    }

    private static string Place(Source source, int line) => string.Create(CultureInfo.InvariantCulture, $"{source.Name}:{line}");
}
