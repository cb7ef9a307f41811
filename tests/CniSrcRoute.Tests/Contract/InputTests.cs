using System.Text;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>Standard input as no sane runtime would write it: an answer or an error with the right code, never a crash, never a hang.</summary>
/// <param name="one">The node.</param>
public sealed class InputTests(OneNode one) : IClassFixture<OneNode>
{
    private readonly Node _node = one.Node;

    [KernelTheory]
    [InlineData(1 << 20)]
    [InlineData(5 << 20)]
    [InlineData(15 << 20)]
    public void A_long_prevResult_goes_through(int bytes)
    {
        string text = Prev($"\"unknown\": \"{new string('x', bytes)}\"");
        _node.Call("ADD", Calls.Input(text)).Quietly().AssertResult(text);
        _node.Call("CHECK", Calls.Input(text)).Quietly().AssertSilent();
        _node.Call("DEL", Calls.Input(text)).Quietly().AssertSilent();
    }

    [KernelFact]
    public void A_prevResult_of_very_many_parts_goes_through()
    {
        string entries = string.Join(", ", Enumerable.Repeat("{ \"address\": \"10.254.1.5/24\", \"interface\": 0 }", 20_000));
        string interfaces = string.Join(", ", Enumerable.Repeat("{ \"name\": \"eth0\", \"sandbox\": \"/x\" }", 20_000));
        string text = $$"""{ "cniVersion": "1.0.0", "ips": [{{entries}}], "interfaces": [{{interfaces}}] }""";
        _node.Call("ADD", Calls.Input(text)).Quietly().AssertResult(text);
        _node.Call("CHECK", Calls.Input(text)).Quietly().AssertSilent();
    }

    [KernelTheory]
    [InlineData((16 << 20) + 1)]
    [InlineData(40 << 20)]
    public void More_than_16_MiB_are_refused(int bytes)
    {
        foreach (string verb in (string[])["ADD", "CHECK"])
        {
            Refusal refusal = _node.Call(verb, Calls.Input(Calls.Result(), more: $"\"unknown\": \"{new string('x', bytes)}\", ")).AssertRefused(6);
            Assert.StartsWith("error unmarshall network config: ", refusal.Message, StringComparison.Ordinal);
        }
    }

    [KernelTheory]
    [InlineData(60, true)]
    [InlineData(64, false)]
    [InlineData(100, false)]
    [InlineData(100_000, false)]
    public void Nesting_goes_through_or_is_refused(int depth, bool through)
    {
        foreach ((string open, string close) in ((string, string)[])[("[", "]"), ("{ \"a\": ", " }")])
        {
            string text = Prev($"\"unknown\": {Repeat(open, depth)}1{Repeat(close, depth)}");
            Outcome outcome = _node.Call("ADD", Calls.Input(text));
            if (outcome.ExitStatus == 0)
            {
                Assert.Equal(text.Trim(), outcome.Output.Trim());
            }
            else
            {
                Assert.False(through);
                outcome.AssertRefused(6);
            }

            _node.Call("ADD", Calls.Input(Prev($"\"unknown\": {Repeat(open, depth)}"))).AssertRefused(6);
        }
    }

    [KernelTheory]
    [InlineData("{ \u0080\"cniVersion\": \"1.0.0\", \"name\": \"a\" }")]
    [InlineData("\u00ff\u00fe{ \"cniVersion\": \"1.0.0\", \"name\": \"a\" }")]
    [InlineData("\u00ef\u00bb\u00bf{ \"cniVersion\": \"1.0.0\", \"name\": \"a\" }")]
    [InlineData("{ \"cniVersion\": \"1.0.0\", \"name\": \"a\", \"prevResult\": \u00c3 }")]
    [InlineData("{ \"cniVersion\": \"1.0.0\", \"name\": \"a\", \"prevResult\": { \"x\": \"\u0000\" } }")]
    [InlineData("{ \"cniVersion\": \"1.0.0\", \"name\": \"a\", \"prevResult\": { \"x\": \"\n\" } }")]
    [InlineData("{ \"cniVersion\": \"1.0.0\", \"name\": \"a\" }\u0000")]
    [InlineData("\u0000")]
    [InlineData(" \n\t ")]
    public void Bytes_that_are_not_JSON_are_refused(string latin1)
    {
        byte[] input = Encoding.Latin1.GetBytes(latin1);
        _node.Call("ADD", input).AssertRefused(6);
        _node.Call("DEL", input).AssertRefused(6);
    }

    // A byte a letter: what is above 7f is no valid UTF-8. Names are refused or become something that is no name; what is unknown goes through, mended.
    [KernelTheory]
    [InlineData("\"name\": \"a\u00c3\", \"prevResult\": PREV", 6, 7)]
    [InlineData("\"name\": \"a\", \"prevResult\": PREV, \"cniVersion\": \"1.0.0\u00c3\"", 1, 6)]
    [InlineData("\"name\": \"a\", \"prevResult\": { \"ips\": [{ \"address\": \"10.0.0.1\u00c3\" }] }", 6, 6)]
    [InlineData("\"name\": \"a\", \"prevResult\": { \"interfaces\": [{ \"name\": \"\u00c3\", \"sandbox\": \"\u00ff\" }] }", 6, 0)]
    [InlineData("\"name\": \"a\", \"prevResult\": { \"unknown\": \"\u00c3\u00ff\u0080\" }", 6, 0)]
    [InlineData("\"name\": \"a\", \"prevResult\": { \"unknown\u00c3\": 1 }", 6, 0)]
    [InlineData("\"name\": \"a\", \"prevResult\": PREV, \"unknown\": \"\u00c3\u00ff\u0080\"", 6, 0)]
    [InlineData("\"name\": \"a\", \"prevResult\": PREV, \"unknown\u00c3\": \"\"", 6, 0)]
    [InlineData("\"name\": \"a\", \"prevResult\": { \"unknown\": \"\u00ed\u00a0\u0080\" }", 6, 0)]
    public void Bytes_that_are_not_UTF8_are_refused_or_mended(string latin1, int code, int otherCode)
    {
        string version = latin1.Contains("cniVersion", StringComparison.Ordinal) ? "" : "\"cniVersion\": \"1.0.0\", ";
        string text = $"{{ {version}{latin1.Replace("PREV", Calls.Result(), StringComparison.Ordinal)} }}";
        AssertCode(_node.Call("ADD", Encoding.Latin1.GetBytes(text)), code, otherCode);
    }

    [KernelTheory]
    [InlineData("\"name\": \"\\ud800\", \"prevResult\": PREV", 6, 7)]
    [InlineData("\"name\": \"a\", \"cniVersion\": \"\\udc00\", \"prevResult\": PREV", 6, 1)]
    [InlineData("\"name\": \"a\", \"\\ud800\": \"\\ud800\", \"prevResult\": PREV", 0, 6)]
    [InlineData("\"name\": \"a\", \"prevResult\": { \"unknown\": \"\\ud800\\ud800\", \"\\udc00\": 1 }", 0, 6)]
    [InlineData("\"name\": \"a\", \"prevResult\": { \"ips\": [{ \"address\": \"\\ud800\" }] }", 6, 6)]
    [InlineData("\"name\": \"a\", \"prevResult\": { \"interfaces\": [{ \"name\": \"\\ud800\", \"sandbox\": \"\\udfff\" }] }", 0, 6)]
    public void Half_surrogate_pairs_are_refused_or_go_through(string members, int code, int otherCode)
    {
        string version = members.Contains("cniVersion", StringComparison.Ordinal) ? "" : "\"cniVersion\": \"1.0.0\", ";
        string text = $"{{ {version}{members.Replace("PREV", Calls.Result(), StringComparison.Ordinal)} }}";
        AssertCode(_node.Call("ADD", text), code, otherCode);
    }

    [KernelTheory]
    [InlineData(0, """{ "ips": [{ "address": "10.254.1.5/24", "interface": -1 }] }""")]
    [InlineData(0, """{ "ips": [{ "address": "10.254.1.5/24", "interface": 7 }] }""")]
    [InlineData(0, """{ "ips": [{ "address": "10.254.1.5/24", "interface": 2147483648 }] }""")]
    [InlineData(0, """{ "ips": [{ "address": "10.254.1.5/24", "interface": 9223372036854775807 }], "interfaces": [{}] }""")]
    [InlineData(0, """{ "ips": [{ "address": "10.254.1.5/24", "interface": null }] }""")]
    [InlineData(0, """{ "ips": [{ "address": "10.254.1.5/24", "interface": 0 }], "interfaces": [{ "name": 5, "sandbox": {} }] }""")]
    [InlineData(0, """{ "ips": null, "interfaces": null, "routes": 5, "dns": "" }""")]
    [InlineData(0, """{ }""")]
    [InlineData(0, """{ "ips": [], "ips": [{ "address": "10.254.1.5/24" }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "10.254.1.5/24", "interface": 1e99 }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "10.254.1.5/24", "interface": 9223372036854775808 }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "10.254.1.5/24", "interface": -9223372036854775809 }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "10.254.1.5/24", "interface": 1.5 }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "10.254.1.5/24", "interface": "0" }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "10.254.1.5/24", "interface": [0] }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "10.254.1.5/33" }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "10.254.1.5/-1" }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "10.254.1.5/4294967320" }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "10.254.1.256/24" }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "" }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "/" }] }""")]
    [InlineData(6, """{ "ips": [{ "address": "fe80::1%eth0/64" }] }""")]
    [InlineData(6, """{ "ips": [{ "address": 5 }] }""")]
    [InlineData(6, """{ "ips": [{ }] }""")]
    [InlineData(6, """{ "ips": [5] }""")]
    [InlineData(6, """{ "ips": {} }""")]
    [InlineData(6, """{ "interfaces": {} }""")]
    [InlineData(6, """{ "interfaces": [[]] }""")]
    [InlineData(6, "5")]
    [InlineData(6, "\"\"")]
    [InlineData(6, "true")]
    [InlineData(6, "[{}]")]
    public void A_prevResult_of_another_shape_is_refused_or_goes_through(int code, string prevResult)
    {
        Outcome add = _node.Call("ADD", Calls.Input(prevResult));
        AssertCode(add, code, code);
        if (code == 0)
        {
            Assert.Equal(prevResult.Trim(), add.Output.Trim());
        }

        AssertCode(_node.Call("CHECK", Calls.Input(prevResult)), code, code);
        _node.Call("DEL", Calls.Input(prevResult)).Quietly().AssertSilent();
    }

    private static void AssertCode(Outcome outcome, int code, int otherCode)
    {
        if (outcome.ExitStatus != 0)
        {
            Refusal refusal = outcome.AssertRefused();
            Assert.True(refusal.Code != 0 && (refusal.Code == code || refusal.Code == otherCode), refusal.ToString());
            return;
        }

        Assert.Contains(0, (int[])[code, otherCode]);
        if (outcome.Output.Length > 0)
        {
            using var one = System.Text.Json.JsonDocument.Parse(outcome.Output);
        }
    }

    private static string Prev(string member) => $$"""{ "cniVersion": "1.0.0", {{member}}, "ips": [{ "address": "10.254.1.5/24" }] }""";

    private static string Repeat(string text, int times) => new StringBuilder().Insert(0, text, times).ToString();
}
