using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>What a call may put on standard output: one document or nothing.</summary>
internal static class Answers
{
    /// <summary>Asserts that the call succeeded and said nothing on standard output.</summary>
    public static void AssertSilent(this Outcome outcome) => Assert.Equal("", outcome.Succeeded().Output);

    /// <summary>Asserts that the call succeeded and answered with one document, equal to another.</summary>
    public static void AssertResult(this Outcome outcome, string json)
    {
        using var expected = JsonDocument.Parse(json);
        using JsonDocument actual = outcome.Succeeded().Document();
        Assert.True(JsonElement.DeepEquals(expected.RootElement, actual.RootElement), $"{outcome.Output} instead of {json}");
    }

    /// <summary>Asserts that the call failed with one error document, and returns it.</summary>
    public static Refusal AssertRefused(this Outcome outcome)
    {
        Assert.True(outcome.ExitStatus == 1, $"exit status {outcome.ExitStatus}\n{outcome.Output}{outcome.Error}");
        using JsonDocument document = outcome.Document();
        JsonElement error = document.RootElement;
        return new Refusal(Text(error, "cniVersion"), error.GetProperty("code").GetInt32(), error.GetProperty("msg").GetString()!, Text(error, "details"));
    }

    /// <summary>Asserts that the call failed with one error document that has a code, and returns it.</summary>
    public static Refusal AssertRefused(this Outcome outcome, int code)
    {
        Refusal refusal = outcome.AssertRefused();
        Assert.True(refusal.Code == code, refusal.ToString());
        return refusal;
    }

    // The parser refuses whatever follows the first document.
    private static JsonDocument Document(this Outcome outcome) => JsonDocument.Parse(outcome.Output, new JsonDocumentOptions { MaxDepth = 1 << 20 });

    private static string Text(JsonElement error, string key) => error.TryGetProperty(key, out JsonElement value) ? value.GetString()! : "";
}
