using System.Text.Json;
using Xunit;

namespace CniSrcRoute.UnitTests.Output;

/// <summary>Words that others chose, on their way to a terminal and to a shell.</summary>
public sealed class PrintableTests
{
    [Theory]
    [InlineData("eth0 ä €", "eth0 ä €")]
    [InlineData("\e[2J\a\u007f", @"\u001b[2J\u0007\u007f")]
    [InlineData("a\nb\r", @"a\u000ab\u000d")]
    [InlineData("\u009b31m", @"\u009b31m")]
    [InlineData("lo\u202eoc", @"lo\u202eoc")]
    [InlineData("eth0\u200b", @"eth0\u200b")]
    public void What_a_terminal_obeys_or_hides_is_spelt_out(string text, string written) => Assert.Equal(written, Printable.Line(text));

    [Fact]
    public void Lines_stay_lines_and_JSON_stays_JSON_of_the_same_value()
    {
        Assert.Equal("a\n\\u001bb\n", Printable.Lines("a\n\eb\n"));
        Assert.Equal("x\u202e\u007f", JsonDocument.Parse(Printable.Lines("[\n\"x\u202e\u007f\"\n]\n")).RootElement[0].GetString());
    }

    [Theory]
    [InlineData("br-lan.7@x_+", "br-lan.7@x_+")]
    [InlineData("$(>pwned)", "'$(>pwned)'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("", "''")]
    [InlineData("\e%s", @"""$(printf %b '\0033\0045\0163')""")]
    public void A_name_is_one_word_of_a_command(string name, string written) => Assert.Equal(written, ShellWord.Quote(name));

    [Fact]
    public void A_name_that_is_no_text_is_quoted_byte_by_byte() => Assert.Equal(@"""$(printf %b '\0142\0377')""", ShellWord.Quote([(byte)'b', 0xff]));

    [Theory]
    [InlineData("statsu", "did you mean status?")]
    [InlineData("bootstrp", "did you mean bootstrap?")]
    [InlineData("syn", "did you mean sync?")]
    [InlineData("xyzzy", null)]
    [InlineData("", null)]
    public void The_word_that_was_meant_is_found(string typed, string? found) => Assert.Equal(found, Suggestion.Of(typed, ["bootstrap", "sync", "status", "watch"]));
}
