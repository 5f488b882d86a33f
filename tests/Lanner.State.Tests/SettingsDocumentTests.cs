using System.Text;
using System.Text.Json.Nodes;
using Lanner.State.Settings;

namespace Lanner.State.Tests;

public class SettingsDocumentTests
{
    /// <summary>The examples of RFC 7396 whose target and patch are objects.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void A_merge_patch_follows_its_rfc(string target, string patch, string wanted) =>
        Assert.Equal(wanted, Text(SettingsDocument.Merge(Parse(target), Parse(patch))));

    [Theory]
    [InlineData("""{"a":1}""", """{"a":1}""", """{"a":2}""", """{"a":2}""")] // never changed: the new first value
    [InlineData("""{"a":1}""", """{"a":5}""", """{"a":2}""", """{"a":5}""")] // changed since: stays
    [InlineData("""{"a":1}""", """{"a":1,"b":3}""", """{"a":1}""", """{"a":1,"b":3}""")] // added since: stays
    [InlineData("""{"a":1}""", "{}", """{"a":2}""", "{}")] // removed since: stays removed
    [InlineData("{}", """{"b":1}""", """{"a":1}""", """{"b":1,"a":1}""")] // new in the file: comes
    [InlineData("""{"a":1,"b":1}""", """{"a":1,"b":1}""", """{"b":1}""", """{"b":1}""")] // gone from the file: goes
    [InlineData("""{"a":1}""", """{"a":7}""", "{}", """{"a":7}""")] // gone from the file, but changed since: stays
    [InlineData("""{"p":{"a":1,"b":1}}""", """{"p":{"a":9,"b":1}}""", """{"p":{"a":2,"b":2}}""", """{"p":{"a":9,"b":2}}""")] // part by part
    [InlineData("""{"a":null}""", """{"a":null}""", """{"a":1}""", """{"a":1}""")]
    public void New_first_values_come_where_nothing_was_changed(string oldFirst, string present, string newFirst, string wanted) =>
        Assert.Equal(wanted, Text(SettingsDocument.Rebase(Parse(oldFirst), Parse(present), Parse(newFirst))));

    [Theory]
    [InlineData("{", "not-json")]
    [InlineData("[1]", "not-json")]
    [InlineData("null", "not-json")]
    [InlineData("""{"a":1,"a":2}""", "not-json")]
    [InlineData("""{"a":NaN}""", "not-json")]
    [InlineData("""{"a":1e400}""", "settings-invalid")]
    [InlineData("""{"a":["\ud800"]}""", "settings-invalid")]
    [InlineData("""{"\ud800":1}""", "settings-invalid")]
    public void What_settings_cannot_hold_is_refused(string json, string code) =>
        Assert.Equal(code, Assert.ThrowsAny<SettingsRejectedException>(() => Parse(json)).Code);

    [Fact]
    public void A_refusal_says_where_the_value_stands()
    {
        var refusal = Assert.Throws<SettingsInvalidException>(() => Parse("""{"prices":{"list":[1,1e999]}}"""));
        Assert.Equal(new SettingsProblem("prices.list[1]", "is 1e999, beyond what a number can be"), Assert.Single(refusal.Problems));
    }

    [Fact]
    public void Numbers_and_text_stay_as_they_were_written()
    {
        const string json = """{"big":123456789012345678901234567890,"small":0.1000,"text":"ä€\u0000<&>","deep":{"list":[true,false,null]}}""";
        Assert.Equal(json, Text(Parse(json)));
    }

    [Fact]
    public void Too_deep_nesting_is_refused() =>
        Assert.Equal("not-json", Assert.ThrowsAny<SettingsRejectedException>(() => Parse("{\"a\":" + new string('[', 100) + new string(']', 100) + "}")).Code);

    private static JsonObject Parse(string json) => SettingsDocument.Parse(Encoding.UTF8.GetBytes(json));

    private static string Text(JsonObject settings) => Encoding.UTF8.GetString(SettingsDocument.Write(settings));
}
