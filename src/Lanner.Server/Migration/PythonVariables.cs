using System.Text.Json;

namespace Lanner.Server.Migration;

/// <summary>What a Python file puts into its environment, and so into the app's.</summary>
internal static class PythonVariables
{
    public static bool Is(PythonStatement statement) => statement.Kind is PythonStatementKind.Variable or PythonStatementKind.DefaultVariable;

    /// <summary>Sets the variable for the app.</summary>
    public static void Take(MigratedServer migrated, MigratedApp app, PythonStatement statement, string option)
    {
        if (statement.Reason is { } why)
        {
            migrated.Lose(option, why);
            return;
        }
        if (statement.Value.ValueKind is not JsonValueKind.String)
        {
            migrated.Lose(option, "it is no text");
            return;
        }
        app.Environment[statement.Name] = statement.Value.GetString()!;
        if (statement.Kind is PythonStatementKind.DefaultVariable) migrated.Change(option, "env also replaces a value that the server was started with");
        if (statement.Depends.Count > 0) migrated.Change(option, Assumption.Why(statement.Depends));
    }
}
