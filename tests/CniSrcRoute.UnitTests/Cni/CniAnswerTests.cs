using System.Text.Json;
using CniSrcRoute.Cni;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Cni;

/// <summary>The documents on standard output: one JSON object each, whatever stands in it.</summary>
public class CniAnswerTests
{
    [Fact]
    public void Version_names_all_versions_in_the_callers() => Assert.Equal(
        """{"cniVersion":"0.4.0","supportedVersions":["0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}""", Compact(CniAnswer.Version("0.4.0")));

    [Fact]
    public void An_error_has_version_code_message_and_details() => Assert.Equal(
        """{"cniVersion":"1.0.0","code":7,"msg":"short","details":"long"}""",
        Compact(CniAnswer.Error("1.0.0", new CniException(CniErrorCode.InvalidConfig, "short", "long"))));

    [Fact]
    public void Empty_details_are_left_out() => Assert.Equal(
        """{"cniVersion":"1.1.0","code":11,"msg":"short"}""", Compact(CniAnswer.Error("1.1.0", new CniException(CniErrorCode.TryAgainLater, "short"))));

    [Fact]
    public void Any_text_stands_in_an_error_and_reads_back() => Gen.Select(Gen.String, Gen.String).Sample((message, details) =>
    {
        byte[] answer = CniAnswer.Error("1.0.0", new CniException(999, message, details));
        using var document = JsonDocument.Parse(answer);
        Assert.Equal(message, document.RootElement.GetProperty("msg").GetString());
        Assert.Equal((byte)'\n', answer[^1]);
    });

    [Fact]
    public void Quotes_and_control_characters_and_half_pairs_do_not_break_the_document()
    {
        using var document = JsonDocument.Parse(CniAnswer.Error("1.0.0", new CniException(7, "\"\\\u0001\n<é>\ud800", "\u0000")));
        Assert.Equal("\"\\\u0001\n<é>\ufffd", document.RootElement.GetProperty("msg").GetString());
    }

    private static string Compact(byte[] document)
    {
        using var parsed = JsonDocument.Parse(document);
        return JsonSerializer.Serialize(parsed.RootElement);
    }
}
