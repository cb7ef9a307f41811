using CniSrcRoute.Conflist;
using Xunit;

namespace CniSrcRoute.UnitTests.Conflist;

/// <summary>Our entry in the text of a conflist.</summary>
public sealed class ConflistTextTests
{
    [Theory]
    [InlineData("""{"plugins":[{"type":"bridge"}]}""", """{"plugins":[{"type":"bridge"},{"type":"srcroute"}]}""")]
    [InlineData("""{ "plugins": [ { "type": "bridge" } ] }""", """{ "plugins": [ { "type": "bridge" }, { "type": "srcroute" } ] }""")]
    [InlineData("{\n  \"plugins\": [\n    {\n      \"type\": \"flannel\"\n    }\n  ]\n}\n", "{\n  \"plugins\": [\n    {\n      \"type\": \"flannel\"\n    },\n    {\n      \"type\": \"srcroute\"\n    }\n  ]\n}\n")]
    [InlineData("{\r\n\t\"plugins\": [\r\n\t\t{\r\n\t\t\t\"type\": \"é\"\r\n\t\t}\r\n\t]\r\n}", "{\r\n\t\"plugins\": [\r\n\t\t{\r\n\t\t\t\"type\": \"é\"\r\n\t\t},\r\n\t\t{\r\n\t\t\t\"type\": \"srcroute\"\r\n\t\t}\r\n\t]\r\n}")]
    public void It_is_put_behind_the_last_plugin_laid_out_as_that_is_and_taken_out_again(string before, string after)
    {
        Assert.Equal(after, Parse(before).WithEntry());
        Assert.True(Parse(after).HasEntry);
        Assert.Equal(after, Parse(after).WithEntry());
        Assert.Equal(before, Parse(after).WithoutEntry());
        Assert.Equal(before, Parse(before).WithoutEntry());
    }

    [Fact]
    public void It_is_taken_out_wherever_it_stands()
    {
        Assert.Equal("""{"plugins":[{"type":"portmap"}]}""", Parse("""{"plugins":[{"type":"srcroute"}, {"type":"portmap"}]}""").WithoutEntry());
        Assert.Equal(
            """{"plugins":[{"type":"a"},{"type":"b"}]}""",
            Parse("""{"plugins":[{"type":"a"}, {"config":"/x","type":"srcroute"},{"type":"b"}]}""").WithoutEntry());
    }

    [Theory]
    [InlineData("", "f: not valid JSON at line 1")]
    [InlineData("{\n\"plugins\": [{\n", "f: not valid JSON at line 3")]
    [InlineData("[]", "f: not an object")]
    [InlineData("{}", "f: plugins: there is none to stand behind")]
    [InlineData("""{"plugins":[]}""", "f: plugins: there is none to stand behind")]
    [InlineData("""{"plugins":{}}""", "f: plugins: must be one list")]
    [InlineData("""{"plugins":[5]}""", "f: plugins[0]: not an object")]
    [InlineData("""{"plugins":[{"type":"srcroute"}]}""", "f: plugins: srcroute stands alone, with no plugin before it")]
    [InlineData("""{"plugins":[{"type":"a"},{"type":"srcroute"},{"type":"srcroute"}]}""", "f: plugins[2]: srcroute is given twice")]
    [InlineData("""{"plugins":[{"type":"a"}]} // why""", "f: not valid JSON at line 1")]
    public void What_is_not_understood_is_refused(string text, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<InputException>(() => Parse(text)).Message);

    private static ConflistText Parse(string text) => ConflistText.Parse("f", text);
}
