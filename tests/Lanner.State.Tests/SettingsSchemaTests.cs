using System.Text;
using Lanner.State.Settings;
using Microsoft.Extensions.Time.Testing;

namespace Lanner.State.Tests;

public class SettingsSchemaTests
{
    [Theory]
    [InlineData("[]", "a schema is a JSON object")]
    [InlineData("true", "a schema is a JSON object")]
    [InlineData("{", "it is not JSON: ")]
    [InlineData("""{"type":"string","type":"object"}""", "it is not JSON: ")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-04/schema#"}""", "#/$schema is \"http://json-schema.org/draft-04/schema#\"; known are https://json-schema.org/draft/2020-12/schema, ")]
    [InlineData("""{"$schema":4}""", "#/$schema is 4; known are ")]
    public void Parse_NoSchemaOfAKnownDraft_IsRefused(string text, string message) => Assert.StartsWith(message, Refusal(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"properties":{"a":{"minimum":"x"}}}""", "#/properties/a/minimum: must be a number")]
    [InlineData("""{"properties":{"a":{"exclusiveMinimum":true}}}""", "#/properties/a/exclusiveMinimum: must be a number")]
    [InlineData("""{"properties":{"a":7}}""", "#/properties/a: must be an object or true or false")]
    [InlineData("""{"type":"text"}""", """#/type: must be one of "array", "boolean", "integer", "null", "number", "object", "string" or must be an array""")]
    [InlineData("""{"required":"a"}""", "#/required: must be an array")]
    [InlineData("""{"allOf":[{"pattern":"("}]}""", "#/allOf/0/pattern: must be a valid regex")]
    [InlineData("""{"patternProperties":{"(":{}}}""", "#/patternProperties/(: has a name that must be a valid regex")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"minLength":-1}}}""", "#/properties/a/minLength: must be at least 0")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-06/schema","properties":{"a":{"type":7}}}""", "#/properties/a/type: ")]
    [InlineData("""{"$schema":"https://json-schema.org/draft/2019-09/schema","not":{"enum":1}}""", "#/not/enum: must be an array")]
    [InlineData("""{"items":[{}]}""", "#/items: must be an object or true or false")]
    public void Parse_FaultOfTheSchema_IsToldWithItsPlace(string text, string message) => Assert.StartsWith(message, Refusal(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"maximun":3}""", "#/maximun is no keyword of draft 2020-12; left unread, it would check nothing")]
    [InlineData("""{"properties":{"a":{"not":{"maximun":3}}}}""", "#/properties/a/not/maximun is no keyword")]
    [InlineData("""{"allOf":[{},{"items":{"additionalItems":false}}]}""", "#/allOf/1/items/additionalItems is no keyword of draft 2020-12")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","dependentRequired":{}}""", "#/dependentRequired is no keyword of draft 7")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"n":{}},"items":{"maximum":3,"$ref":"#/definitions/n"}}""", "#/items/maximum stands beside $ref, where draft 7 reads nothing")]
    [InlineData("""{"properties":{"a":{"$dynamicRef":"#a"}}}""", "#/properties/a/$dynamicRef is not supported")]
    [InlineData("""{"$schema":"https://json-schema.org/draft/2019-09/schema","items":{"$recursiveRef":"#"}}""", "#/items/$recursiveRef is not supported")]
    [InlineData("""{"properties":{"a":{"$schema":"http://json-schema.org/draft-07/schema#"}}}""", "#/properties/a/$schema is not supported")]
    public void Parse_KeywordThatWouldNotBeFollowed_IsRefused(string text, string message) => Assert.StartsWith(message, Refusal(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"$ref":"http://127.0.0.1:1/schema.json"}""", """#/$ref refers to "http://127.0.0.1:1/schema.json", which is not in this schema; other documents are never fetched""")]
    [InlineData("""{"properties":{"a":{"$ref":"other.json#/x"}}}""", """#/properties/a/$ref refers to "other.json#/x", which is not""")]
    [InlineData("""{"properties":{"a":{"$ref":"file:///etc/passwd"}}}""", "#/properties/a/$ref refers to")]
    [InlineData("""{"properties":{"a":{"$ref":"#/$defs/b"}}}""", """#/properties/a/$ref refers to "#/$defs/b", which is not""")]
    [InlineData("""{"properties":{"a":{"$ref":"https://json-schema.org/draft/2020-12/schema"}}}""", "#/properties/a/$ref refers to")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"$ref":"#/definitions/b"}]}""", "#/items/0/$ref refers to")]
    public void Parse_ReferenceOutOfTheSchema_IsRefused(string text, string message) => Assert.StartsWith(message, Refusal(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"$ref":"#"}""")]
    [InlineData("""{"allOf":[{"$ref":"#"}]}""")]
    [InlineData("""{"properties":{"a":{"$ref":"#/properties/a"}}}""")]
    [InlineData("""{"properties":{"a":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/b"}]}},"$defs":{"b":{"if":true,"then":{"$ref":"#/properties/a"}}}}""")]
    [InlineData("""{"dependentSchemas":{"a":{"not":{"$ref":"#"}}}}""")]
    public void Parse_ReferencesInALoop_AreRefused(string text) => Assert.Matches("refers to itself, without end|Cycle detected", Refusal(text));

    [Fact]
    public void Parse_EndlessNesting_IsRefused() => Assert.StartsWith("it is not JSON: ", Refusal($"{Repeat("{\"not\":", 65)}true{new string('}', 65)}"), StringComparison.Ordinal);

    [Fact]
    public void Parse_ThousandsOfReferencesInARow_AreReadButNotFollowed()
    {
        int count = 7_500;
        string rules = string.Join(",", Enumerable.Range(0, count).Select(static i => $$"""
            "{{i:x}}":{"$ref":"#/$defs/{{i + 1:x}}"}
            """));
        SettingsSchema schema = SettingsSchema.Parse("""{"properties":{"a":{"$ref":"#/$defs/0"}},"$defs":{""" + rules + $$$""","{{{count:x}}}":{"type":"string"} }}""");
        Assert.Empty(Problems(schema, """{"b":1}"""));
        string[] found = [];
        var thread = new Thread(() => found = [.. Problems(schema, """{"a":"x"}""")], maxStackSize: 512 << 10);
        thread.Start();
        thread.Join();
        Assert.Equal(["is nested too deeply to be checked against the schema"], found);
    }

    [Fact]
    public void Problems_AsDeepAsSettingsMayBe_AreFound()
    {
        SettingsSchema schema = SettingsSchema.Parse("""{"$ref":"#/$defs/a","$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"oneOf":[{"$ref":"#/$defs/c"},false]},"c":{"properties":{"n":{"$ref":"#"}},"maxProperties":1}}}""");
        string deep = Repeat("{\"n\":", 62);
        Assert.Empty(Problems(schema, $"{deep}{{}}{new string('}', 62)}"));
        Assert.Single(Problems(schema, $$"""{{deep}}{"x":1,"y":1}{{new string('}', 62)}}"""));
    }

    [Fact]
    public void Parse_AsDeepAsSchemasMayBe_IsRead()
    {
        SettingsSchema schema = SettingsSchema.Parse("{\"properties\":{\"a\":" + Repeat("{\"not\":", 61) + "true" + new string('}', 63));
        Assert.Equal("a: is what the schema excludes (not)", Assert.Single(Problems(schema, """{"a":1}""")));
    }

    [Fact]
    public void Parse_LongText_IsRefused() => Assert.Equal("it is longer than 262,144 characters", Refusal(new string(' ', 262_145)));

    [Theory]
    [InlineData("""{"required":["a"]}""", "{}", "a: is required")]
    [InlineData("""{"properties":{"p":{"required":["a","b"]}}}""", """{"p":{}}""", "p.a: is required", "p.b: is required")]
    [InlineData("""{"dependentRequired":{"a":["b"]}}""", """{"a":1}""", "b: is required")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","dependencies":{"a":["b"]}}""", """{"a":1}""", "b: is required")]
    [InlineData("""{"properties":{"a":{"enum":["x","ü",1,null]}}}""", """{"a":"z"}""", """a: must be one of "x", "ü", 1, null""")]
    [InlineData("""{"properties":{"a":{"const":"x,y"}}}""", """{"a":"z"}""", "a: must be \"x,y\"")]
    [InlineData("""{"properties":{"a":{"minimum":3}}}""", """{"a":2}""", "a: must be at least 3")]
    [InlineData("""{"properties":{"a":{"maximum":3.5}}}""", """{"a":4}""", "a: must be at most 3.5")]
    [InlineData("""{"properties":{"a":{"exclusiveMinimum":3}}}""", """{"a":3}""", "a: must be greater than 3")]
    [InlineData("""{"properties":{"a":{"exclusiveMaximum":3}}}""", """{"a":3}""", "a: must be less than 3")]
    [InlineData("""{"properties":{"a":{"multipleOf":0.1}}}""", """{"a":0.25}""", "a: must be a multiple of 0.1")]
    [InlineData("""{"properties":{"a":{"minLength":2}}}""", """{"a":"z"}""", "a: must have at least 2 characters")]
    [InlineData("""{"properties":{"a":{"maxLength":1}}}""", """{"a":"zz"}""", "a: must have at most 1 character")]
    [InlineData("""{"properties":{"a":{"pattern":"^\\d\"$"}}}""", """{"a":"z"}""", "a: must match the pattern ^\\d\"$")]
    [InlineData("""{"properties":{"a":{"format":"email"}}}""", """{"a":"z"}""", "a: must be a valid email")]
    [InlineData("""{"properties":{"a":{"minItems":1}}}""", """{"a":[]}""", "a: must have at least 1 item")]
    [InlineData("""{"properties":{"a":{"maxItems":2}}}""", """{"a":[1,2,3]}""", "a: must have at most 2 items")]
    [InlineData("""{"properties":{"a":{"uniqueItems":true}}}""", """{"a":[1,2,1]}""", "a: must not have the same item twice")]
    [InlineData("""{"properties":{"a":{"contains":{"type":"null"}}}}""", """{"a":[1]}""", "a: must have at least 1 of the items that the schema wants in it (contains)")]
    [InlineData("""{"properties":{"a":{"contains":{"type":"null"},"maxContains":1}}}""", """{"a":[null,null]}""", "a: must have at most 1 of the items that the schema wants in it (contains)")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"contains":{"type":"null"}}}}""", """{"a":[1]}""", "a: must have at least 1 of the items that the schema wants in it (contains)")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"contains":{"type":"null"},"maxItems":1}}}""", """{"a":[null,1]}""", "a: must have at most 1 item")]
    [InlineData("""{"minProperties":2}""", """{"a":1}""", "must have at least 2 names")]
    [InlineData("""{"maxProperties":1}""", """{"a":1,"b":1}""", "must have at most 1 name")]
    [InlineData("""{"properties":{"a":{"items":{"type":"integer"}}}}""", """{"a":[1,"x"]}""", "a[1]: must be a whole number")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"items":[true,{"type":"integer"}],"additionalItems":false}}}""", """{"a":[1,"x",2]}""", "a[1]: must be a whole number", "a[2]: is one item too many")]
    [InlineData("""{"properties":{"a":{"prefixItems":[{"type":"integer"}],"items":false}}}""", """{"a":["x",2]}""", "a[0]: must be a whole number", "a[1]: is one item too many")]
    [InlineData("""{"properties":{"a":{"type":["integer","null","boolean"]}}}""", """{"a":"x"}""", "a: must be true or false or a whole number or null")]
    [InlineData("""{"properties":{"a":{"$ref":"#/definitions/n"}},"definitions":{"n":{"type":"number","minimum":3}}}""", """{"a":2}""", "a: must be at least 3")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/n","title":"t","definitions":{"n":{"maxProperties":0}}}""", """{"a":2}""", "must have at most 0 names")]
    [InlineData("""{"properties":{"a":{"maximum":5,"$ref":"#/$defs/n"}},"$defs":{"n":{"minimum":7}}}""", """{"a":6}""", "a: must be at least 7", "a: must be at most 5")]
    [InlineData("""{"properties":{"a":{"$ref":"#n"}},"$defs":{"n":{"$anchor":"n","minimum":3}}}""", """{"a":2}""", "a: must be at least 3")]
    [InlineData("""{"$id":"https://example.org/a","properties":{"a":{"$ref":"b"}},"$defs":{"b":{"$id":"b","minimum":3}}}""", """{"a":2}""", "a: must be at least 3")]
    [InlineData("""{"properties":{"p":{"properties":{"q":{"type":"boolean"}}}}}""", """{"p":{"q":1}}""", "p.q: must be true or false")]
    [InlineData("""{"properties":{"a/b~c":{"properties":{"0":{"type":"object"}}}}}""", """{"a/b~c":{"0":1}}""", "a/b~c.0: must be an object")]
    [InlineData("""{"properties":{"a":{}},"additionalProperties":false}""", """{"x":1}""", "x: is not a name that the schema knows")]
    [InlineData("""{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}""", """{"a":1,"x":1}""", "x: is not a name that the schema knows")]
    [InlineData("""{"properties":{"a":false}}""", """{"a":1}""", "a: is not allowed")]
    [InlineData("""{"additionalProperties":{"type":"string"},"patternProperties":{"^n":{"type":"number"}}}""", """{"n":"x","s":1}""", "n: must be a number", "s: must be a string")]
    [InlineData("""{"propertyNames":{"pattern":"^[a-z]+$"}}""", """{"A":1}""", "A: has a name that must match the pattern ^[a-z]+$")]
    [InlineData("""{"properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]}}}""", """{"a":1}""", "a: must be a string or must be null")]
    [InlineData("""{"properties":{"a":{"anyOf":[{"required":["x"]},{"required":["y"]}]}}}""", """{"a":{}}""", "a: follows no alternative of anyOf")]
    [InlineData("""{"properties":{"a":{"oneOf":[{"minimum":1},{"minimum":2}]}}}""", """{"a":3}""", "a: must follow one alternative only (oneOf)")]
    [InlineData("""{"properties":{"a":{"not":{"type":"string"}}}}""", """{"a":"x"}""", "a: is what the schema excludes (not)")]
    [InlineData("""{"properties":{"a":{"if":{"minimum":5},"then":{"multipleOf":5},"else":{"maximum":1}}}}""", """{"a":7}""", "a: must be a multiple of 5")]
    [InlineData("""{"properties":{"a":{"allOf":[{"maximum":1},{"maximum":1}]}}}""", """{"a":7}""", "a: must be at most 1")]
    public void Problems_Violation_HasItsPathAndReason(string schema, string settings, params string[] wanted) =>
        Assert.Equal(wanted, Problems(SettingsSchema.Parse(schema), settings).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":["integer","null"]}},"additionalProperties":{"type":"string"}}""", """{"a":null,"b":"x"}""")]
    [InlineData("""{"properties":{"a":{"type":"integer"}}}""", """{"a":2.0}""")]
    [InlineData("""{"properties":{"a":{"type":"integer","minimum":1}}}""", """{"a":123456789012345678901234567890123456789012345678901234567890}""")]
    [InlineData("""{"properties":{"a":{"format":"made-up"}}}""", """{"a":"x"}""")]
    [InlineData("""{"patternProperties":{"^n":{}},"additionalProperties":false}""", """{"n1":1}""")]
    [InlineData("""{"properties":{"list":{"$ref":"#/$defs/node"}},"$defs":{"node":{"properties":{"next":{"$ref":"#/$defs/node"}},"additionalProperties":false}}}""", """{"list":{"next":{"next":{}}}}""")]
    [InlineData("""{"title":"t","description":"d","default":{},"examples":[1],"$comment":"c","deprecated":false,"readOnly":true,"properties":{"a":{"contentEncoding":"base64"}}}""", """{"a":1}""")]
    public void Problems_WhatFollowsTheSchema_HasNone(string schema, string settings) => Assert.Empty(Problems(SettingsSchema.Parse(schema), settings));

    [Fact]
    public void Problems_PatternThatBacktracksForEver_IsGivenUpAndNamed()
    {
        SettingsSchema schema = SettingsSchema.Parse("""{"properties":{"list":{"items":{"pattern":"(a+)+$"}}}}""");
        Assert.Equal("list[1]: takes more than 1 s to match the schema's pattern (a+)+$", Assert.Single(Problems(schema, $$"""{"list":["a","{{new string('a', 60)}}!"]}""")));
        Assert.Empty(Problems(schema, """{"list":["aaa"]}"""));
    }

    [Fact]
    public void Problems_PatternOfNamesThatBacktracksForEver_IsGivenUpAndNamed()
    {
        SettingsSchema schema = SettingsSchema.Parse("""{"patternProperties":{"(a+)+$":{"type":"string"}}}""");
        Assert.Equal("takes more than 1 s to match the schema's pattern (a+)+$", Assert.Single(Problems(schema, $$"""{"{{new string('a', 60)}}!":1}""")));
    }

    [Fact]
    public void Problems_CheckThatTakesLong_IsGivenUp()
    {
        // Each rule is followed twice: 2^40 times in the end.
        string rules = string.Join(",", Enumerable.Range(0, 40).Select(static i => $$"""
            "{{i}}":{"allOf":[{"$ref":"#/$defs/{{i + 1}}"},{"$ref":"#/$defs/{{i + 1}}"}]}
            """));
        SettingsSchema schema = SettingsSchema.Parse("""{"properties":{"a":{"$ref":"#/$defs/0"}},"$defs":{""" + rules + ""","40":true}}""");
        Assert.Equal("a: takes too long to check against the schema", Assert.Single(Problems(schema, """{"a":1}""")));
    }

    [Fact]
    public void Problems_CheckThatOutlastsTheClock_IsGivenUp()
    {
        SettingsSchema schema = SettingsSchema.Parse("""{"properties":{"a":{"pattern":"x"}}}""", time: new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(10) });
        Assert.Equal("a: takes too long to check against the schema", Assert.Single(Problems(schema, """{"a":"x"}""")));
    }

    [Fact]
    public void Problems_NamesThatWouldFillTheStack_AreRefused()
    {
        SettingsSchema schema = SettingsSchema.Parse("""{"additionalProperties":{"type":"string"}}""");
        Assert.Equal("has a name of more than 4,096 characters, which cannot be checked against a schema", Assert.Single(Problems(schema, $$"""{"~{{new string('x', 2_000_000)}}":1}""")));
    }

    [Fact]
    public void Problems_LongNamesDeepDownOverManyValues_AreRefused()
    {
        SettingsSchema schema = SettingsSchema.Parse("""{"type":"object"}""");
        string names = Repeat($$"""{"{{new string('x', 4000)}}":""", 60);
        Assert.Equal("has too many values under long names to be checked against a schema", Assert.Single(Problems(schema, $"{names}[{Repeat("1,", 100_000)}1]{new string('}', 60)}")));
    }

    [Fact]
    public void Problems_ManyValues_AreCheckedButNotExplained()
    {
        SettingsSchema schema = SettingsSchema.Parse("""{"properties":{"a":{"items":{"type":"integer"}}}}""");
        Assert.Empty(Problems(schema, $$"""{"a":[{{Repeat("1,", 250_000)}}1]}"""));
        Assert.Equal("does not follow the schema; there are too many values to find out which", Assert.Single(Problems(schema, $$"""{"a":[{{Repeat("1,", 250_000)}}"x"]}""")));
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"enum":[1]}}}""", """{"a":1e300}""")]
    [InlineData("""{"properties":{"a":{"uniqueItems":true}}}""", """{"a":[1e300]}""")]
    public void Problems_NumberThatTheLibraryCannotCompare_IsOne(string schema, string settings) =>
        Assert.Equal("has a number that is too large to be checked against the schema", Assert.Single(Problems(SettingsSchema.Parse(schema), settings)));

    [Fact]
    public void SettingsInvalidException_ManyProblems_ListsTheFirstAndCountsTheRest()
    {
        SettingsSchema schema = SettingsSchema.Parse("""{"properties":{"a":{"items":{"type":"integer"}}}}""");
        var refusal = new SettingsInvalidException(schema.Problems(Encoding.UTF8.GetBytes($$"""{"a":[{{Repeat("\"x\",", 99)}}"x"]}""")));
        Assert.Equal(21, refusal.Problems.Count);
        Assert.Equal("a[19]: must be a whole number", refusal.Problems[19].ToString());
        Assert.Equal("there are 80 more problems", refusal.Problems[20].ToString());
        Assert.EndsWith("; there are 80 more problems", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SettingsInvalidException_LongNames_AreCut()
    {
        var refusal = new SettingsInvalidException([new SettingsProblem(new string('x', 100_000), "is required")]);
        Assert.Equal(new string('x', 500) + "…: is required", refusal.Problems[0].ToString());
    }

    private static string Refusal(string schema) => Assert.Throws<FormatException>(() => SettingsSchema.Parse(schema)).Message;

    private static IEnumerable<string> Problems(SettingsSchema schema, string settings) => schema.Problems(Encoding.UTF8.GetBytes(settings)).Select(static problem => problem.ToString());

    private static string Repeat(string text, int times) => new StringBuilder().Insert(0, text, times).ToString();
}
