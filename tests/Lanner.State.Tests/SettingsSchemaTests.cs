using System.Text.Json.Nodes;
using Lanner.State.Settings;

namespace Lanner.State.Tests;

public class SettingsSchemaTests
{
    [Theory]
    [InlineData("[]", "a schema is a JSON object")]
    [InlineData("{", "it is not a JSON Schema")]
    [InlineData("""{"properties":{"a":{"const":1}}}""", "#/properties/a has the keyword 'const'")]
    [InlineData("""{"if":{}}""", "# has the keyword 'if'")]
    [InlineData("""{"allOf":[{"propertyNames":{}}]}""", "#/allOf/0 has the keyword 'propertyNames'")]
    [InlineData("""{"$ref":"http://127.0.0.1/schema.json"}""", "#/$ref refers to another document")]
    [InlineData("""{"properties":{"a":{"$ref":"other.json"}}}""", "#/properties/a/$ref refers to another document")]
    public async Task A_schema_that_would_not_be_followed_is_refused(string text, string message)
    {
        var refusal = await Assert.ThrowsAsync<FormatException>(() => SettingsSchema.ParseAsync(text, default));
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"required":["a"]}""", "{}", "a: is required and not there")]
    [InlineData("""{"properties":{"a":{"enum":["x","y"]}}}""", """{"a":"z"}""", "a: is none of \"x\", \"y\"")]
    [InlineData("""{"properties":{"a":{"minLength":2}}}""", """{"a":"z"}""", "a: is shorter than 2 characters")]
    [InlineData("""{"properties":{"a":{"pattern":"^b"}}}""", """{"a":"z"}""", "a: does not match ^b")]
    [InlineData("""{"properties":{"a":{"items":{"type":"integer"}}}}""", """{"a":[1,"x"]}""", "a[1]: is no whole number")]
    [InlineData("""{"properties":{"a":{"$ref":"#/definitions/n"}},"definitions":{"n":{"type":"number","minimum":3}}}""", """{"a":2}""", "a: is less than 3")]
    [InlineData("""{"properties":{"p":{"properties":{"q":{"type":"boolean"}}}}}""", """{"p":{"q":1}}""", "p.q: is neither true nor false")]
    public async Task A_problem_has_its_path_and_reason(string schema, string settings, string wanted)
    {
        SettingsSchema parsed = await SettingsSchema.ParseAsync(schema, default);
        Assert.Equal(wanted, Assert.Single(parsed.Problems((JsonObject)JsonNode.Parse(settings)!)).ToString());
    }

    [Fact]
    public async Task What_follows_the_schema_has_no_problem()
    {
        SettingsSchema schema = await SettingsSchema.ParseAsync("""{"type":"object","properties":{"a":{"type":["integer","null"]}},"additionalProperties":{"type":"string"}}""", default);
        Assert.Empty(schema.Problems((JsonObject)JsonNode.Parse("""{"a":null,"b":"x"}""")!));
    }
}
