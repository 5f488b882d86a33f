using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;

namespace Lanner.Server.Commands;

/// <summary>The version of the server and of the runtime it runs on.</summary>
internal static class ProductVersion
{
    /// <summary>Without the commit that the build may have added after a plus sign.</summary>
    public static string Lanner { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public static string Text => string.Create(CultureInfo.InvariantCulture, $"lanner {Lanner} (.NET {Environment.Version})");

    public static string Json => new JsonObject { ["version"] = Lanner, ["dotnet"] = Environment.Version.ToString() }.ToJsonString();
}
