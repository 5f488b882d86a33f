using System.Globalization;
using System.Text;
using Lanner.Jobs.Definitions;
using Lanner.Server.Configuration;

namespace Lanner.Server.Commands;

/// <summary>Writes docs/settings.md from the tables of settings; a test keeps the page current.</summary>
internal static class SettingsPage
{
    private const string Opening = """
        # Settings

        This page is generated from the declarations of the settings: run `eng/settings-page` after changing one.

        Settings are read from `lanner.toml`, or from `[tool.lanner]` of `pyproject.toml`, in the current directory
        (`--directory DIR`: in that one; `--config FILE`: from that file). Options of the command line beat the file.
        All mistakes are reported at once, with file, line and column, and nothing starts. The file is read as TOML 1.1.

        With several apps in the file, `--python`, `--directory` and `--env` set the value for each app that does not set its own;
        `--env` adds single variables. Every other option of an app is refused: it does not say which app it is for.
        `--name NAME` names the app that APP gives. Without it the name is made from APP: `shop.wsgi:application` becomes `shop`.

        - A **size** is a number of bytes or a text such as `"64KB"`, `"512MB"` or `"1GiB"`. `KB` and `KiB` are both 1024 bytes.
        - A **duration** is a number of seconds or a text such as `"250ms"`, `"30s"`, `"5m"`, `"1h"` or `"7d"`; a blank before the unit does no harm (`"5 m"`).
          Those of jobs may have several parts: `"1h30m"`.
        - A **path** is relative to the directory of the file; on the command line, to the current directory.
        - Where a list is expected, one value alone will do.
        """;

    public static string Write()
    {
        var page = new StringBuilder(Opening.ReplaceLineEndings("\n")).Append('\n');
        Table(page, "[server]", ServerSettingTable.All, new ServerSettings());
        Table(page, "[app.NAME]", AppSettingTable.All, AppSettingTable.Defaults("app", "/"));
        Table(page, "[job.NAME]", JobSettingTable.All, new JobDeclaration { Name = "job", App = "app", Place = "" });
        return page.ToString();
    }

    private static void Table<TRecord>(StringBuilder page, string heading, IReadOnlyList<Setting<TRecord>> settings, TRecord defaults)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n## `{heading}`\n\n| key | type | default | option | meaning |\n|---|---|---|---|---|\n");
        foreach (var setting in settings.Where(static setting => setting.IsAvailable))
            page.Append(CultureInfo.InvariantCulture, $"| `{setting.Name}` | {Cell(setting.Type)} | {Cell(setting.ShowDefault(defaults))} | {Option(setting.Option)} | {Cell(setting.Meaning)} |\n");
        if (settings.All(static setting => setting.IsAvailable)) return;
        var later = settings.Where(static setting => !setting.IsAvailable).Select(static setting => $"`{setting.Name}`");
        page.Append(CultureInfo.InvariantCulture, $"\nNot available in this version yet, and refused: {string.Join(", ", later)}.\n");
    }

    private static string Option(OptionForm? form) =>
        form is null ? "" : Cell($"`{(form.Alias is { } alias ? $"{alias}, " : "")}{form.Name}{(form.Placeholder.Length > 0 ? " " + form.Placeholder : "")}`");

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
