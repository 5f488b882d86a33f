using Lanner.Server.Configuration;

namespace Lanner.Server.Tests.Configuration;

/// <summary>What has changed between two files is told by how their settings are shown: each must be shown with its value.</summary>
public sealed class ShownSettingTests
{
    /// <summary>A value of each setting that is not its default.</summary>
    private static readonly Dictionary<string, string> s_samples = new(StringComparer.Ordinal)
    {
        ["bind"] = "[\"127.0.0.1:1\"]", ["control"] = "\"unix:/x\"", ["access_log"] = "\"-\"", ["access_log_rotate"] = "{ size = \"2MB\", keep = 2 }", ["log"] = "\"/x\"",
        ["log_rotate"] = "{ size = \"2MB\", keep = 2 }", ["log_format"] = "\"json\"", ["log_level"] = "\"debug\"", ["tls_certificate"] = "\"/x\"", ["tls_key"] = "\"/x\"",
        ["trusted_proxies"] = "[\"10.0.0.0/8\"]", ["body_memory"] = "2048", ["max_body"] = "5", ["body_timeout"] = "\"1s\"", ["response_memory"] = "2048", ["response_spool"] = "1",
        ["spool_directory"] = "\"/x\"", ["max_request_line"] = "300", ["max_header_bytes"] = "2000", ["max_headers"] = "3", ["keep_alive_timeout"] = "\"1s\"", ["header_timeout"] = "\"1s\"",
        ["drain_delay"] = "\"1s\"", ["health"] = "\"/-\"", ["control_token"] = "\"x\"", ["audit_log"] = "\"off\"", ["otlp"] = "{ endpoint = \"http://127.0.0.1:4318\" }", ["watch"] = "true",
        ["state"] = "\"/x\"", ["cluster"] = "\"prod\"", ["cluster_copies"] = "3", ["cluster_certificates"] = "\"/x\"", ["cluster_timeout"] = "\"9s\"",
        ["app"] = "\"x:y\"", ["app_factory"] = "true", ["mount"] = "[\"/x\"]", ["workers"] = "{ min = 3, max = 9 }", ["threads"] = "3", ["start"] = "\"spawn\"", ["idle_stop"] = "\"1s\"",
        ["preload"] = "false", ["interface"] = "\"wsgi\"", ["directory"] = "\"/x\"", ["python"] = "\"/x\"", ["env"] = "{ A = \"b\" }", ["queue"] = "3", ["queue_timeout"] = "\"1s\"",
        ["boot_timeout"] = "\"1s\"", ["drain_timeout"] = "\"1s\"", ["setup"] = "[\"x:y\"]", ["spawn_threads"] = "3", ["warmup"] = "[\"/x\"]", ["request_timeout"] = "{ \"/x\" = \"1s\" }",
        ["max_requests"] = "3", ["max_memory"] = "\"64MB\"", ["max_lifetime"] = "\"1s\"", ["user"] = "\"x\"", ["group"] = "\"x\"", ["limits"] = "{ nofile = 100 }",
        ["fork"] = "{ on_shared = \"warn\" }", ["jobs"] = "{ threads = 3 }", ["server.jobs"] = "{ queue = 3 }", ["settings"] = "{ x = 1 }", ["settings_limit"] = "2048", ["settings_timeout"] = "\"1s\"",
    };

    public static TheoryData<string> ServerSettings => [.. ServerSettingTable.All.Where(static setting => setting.IsAvailable).Select(static setting => setting.Name)];

    public static TheoryData<string> AppSettings => [.. AppSettingTable.All.Where(static setting => setting.IsAvailable && setting.Name != "settings_schema").Select(static setting => setting.Name)];

    [Theory]
    [MemberData(nameof(ServerSettings))]
    public void A_setting_of_the_server_is_shown_with_its_value(string name) => Shows(ServerSettingTable.All, new ServerSettings(), name, "server.");

    [Theory]
    [MemberData(nameof(AppSettings))]
    public void A_setting_of_an_app_is_shown_with_its_value(string name) => Shows(AppSettingTable.All, AppSettingTable.Defaults("x", "/"), name);

    private static void Shows<TRecord>(IReadOnlyList<Setting<TRecord>> table, TRecord defaults, string name, string scope = "")
    {
        Setting<TRecord> setting = table.Single(setting => setting.Name == name);
        TomlValue value = TomlReader.ReadValue(s_samples.GetValueOrDefault(scope + name, s_samples.GetValueOrDefault(name, "")));
        var reading = setting.Apply(defaults, value, "/");
        Assert.Null(reading.Problem);
        Assert.NotEqual(setting.Show(defaults), setting.Show(reading.Value!));
    }
}
