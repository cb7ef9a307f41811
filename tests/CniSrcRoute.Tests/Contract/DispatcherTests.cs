using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>
/// The checks before an operation: the same, in the same order, with the same codes and words as the reference dispatcher (skel), which is asked as well
/// where one of its plugins is there. An expectation that ends in * is a beginning.
/// </summary>
/// <param name="one">The node.</param>
public sealed class DispatcherTests(OneNode one) : IClassFixture<OneNode>
{
    private const string Good = """{ "cniVersion": "1.0.0", "name": "cbr0", "type": "x" }""";

    private static readonly string Reference = $"{Requirements.CniPath}/tuning";

    private readonly Node _node = one.Node;

    [KernelTheory]
    [InlineData("ADD CNI_CONTAINERID= CNI_NETNS= CNI_IFNAME= CNI_PATH=", Good, 4, "required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH] missing")]
    [InlineData("ADD CNI_NETNS=", Good, 4, "required env variables [CNI_NETNS] missing")]
    [InlineData("CHECK CNI_CONTAINERID= CNI_NETNS= CNI_IFNAME= CNI_PATH=", Good, 4, "required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH] missing")]
    [InlineData("DEL CNI_CONTAINERID= CNI_NETNS= CNI_IFNAME= CNI_PATH=", Good, 4, "required env variables [CNI_CONTAINERID,CNI_IFNAME,CNI_PATH] missing")]
    [InlineData("ADD CNI_PATH=", "nonsense", 4, "required env variables [CNI_PATH] missing")]
    [InlineData("ADD", "", 6, "error unmarshall network config: *")]
    [InlineData("ADD", "nonsense", 6, "error unmarshall network config: *")]
    [InlineData("ADD", "[]", 6, "error unmarshall network config: *")]
    [InlineData("ADD", Good + " x", 6, "error unmarshall network config: *")]
    [InlineData("ADD", Good + Good, 6, "error unmarshall network config: *")]
    [InlineData("ADD", """{ "cniVersion": "1.0.0", "name": 5 }""", 6, "error unmarshall network config: *")]
    [InlineData("ADD CNI_CONTAINERID=.a", "nonsense", 6, "error unmarshall network config: *")]
    [InlineData("FOO", "", 6, "error unmarshall network config: *")]
    [InlineData("ADD", """{ "cniVersion": "1.0.0" }""", 7, "missing network name")]
    [InlineData("ADD", """{ "cniVersion": "1.0.0", "name": "" }""", 7, "missing network name")]
    [InlineData("ADD", """{ "cniVersion": "1.0.0", "name": null }""", 7, "missing network name")]
    [InlineData("ADD", """{ "cniVersion": "1.0.0", "name": "a", "name": "" }""", 7, "missing network name")]
    [InlineData("ADD CNI_CONTAINERID=.a", """{ "cniVersion": "9.0.0" }""", 7, "missing network name")]
    [InlineData("ADD", """{ "cniVersion": "1.0.0", "name": "a b" }""", 7, "invalid characters found in network name", "a b")]
    [InlineData("ADD", """{ "cniVersion": "1.0.0", "name": "-a" }""", 7, "invalid characters found in network name", "-a")]
    [InlineData("ADD", """{ "cniVersion": "1.0.0", "name": "ä" }""", 7, "invalid characters found in network name", "ä")]
    [InlineData("ADD CNI_CONTAINERID=.a", """{ "cniVersion": "1.0.0", "name": "a/b" }""", 7, "invalid characters found in network name", "a/b")]
    [InlineData("ADD CNI_CONTAINERID=.a", Good, 4, "invalid characters in containerID", ".a")]
    [InlineData("DEL CNI_CONTAINERID=a/b", Good, 4, "invalid characters in containerID", "a/b")]
    [InlineData("CHECK CNI_CONTAINERID=a:b", Good, 4, "invalid characters in containerID", "a:b")]
    [InlineData("ADD CNI_CONTAINERID=.a CNI_IFNAME=0123456789abcdef", Good, 4, "invalid characters in containerID", ".a")]
    [InlineData("ADD CNI_CONTAINERID=.a", """{ "cniVersion": "9.0.0", "name": "a" }""", 4, "invalid characters in containerID", ".a")]
    [InlineData("ADD CNI_IFNAME=0123456789abcdef", Good, 4, "interface name is too long", "interface name should be less than 16 characters")]
    [InlineData("ADD CNI_IFNAME=éééééééé", Good, 4, "interface name is too long", "interface name should be less than 16 characters")]
    [InlineData("DEL CNI_IFNAME=.", Good, 4, "interface name is . or ..")]
    [InlineData("ADD CNI_IFNAME=..", Good, 4, "interface name is . or ..")]
    [InlineData("ADD CNI_IFNAME=a/b", Good, 4, "interface name contains / or : or whitespace characters")]
    [InlineData("ADD CNI_IFNAME=a:b", Good, 4, "interface name contains / or : or whitespace characters")]
    [InlineData("ADD CNI_IFNAME=a\tb", Good, 4, "interface name contains / or : or whitespace characters")]
    [InlineData("ADD CNI_IFNAME=a\u00a0b", Good, 4, "interface name contains / or : or whitespace characters")]
    [InlineData("ADD CNI_IFNAME=a\u0085b", Good, 4, "interface name contains / or : or whitespace characters")]
    [InlineData("ADD CNI_IFNAME=a:b", """{ "cniVersion": "9.0.0", "name": "a" }""", 4, "interface name contains / or : or whitespace characters")]
    [InlineData("FOO", Good, 4, "unknown CNI_COMMAND: FOO")]
    [InlineData("add", Good, 4, "unknown CNI_COMMAND: add")]
    [InlineData("FOO", """{ "cniVersion": "9.0.0", "name": "a" }""", 4, "unknown CNI_COMMAND: FOO")]
    [InlineData("ADD", """{ "cniVersion": "9.0.0", "name": "a" }""", 1, "incompatible CNI versions", "config is \"9.0.0\", plugin supports [*")]
    [InlineData("DEL", """{ "cniVersion": "1.0", "name": "a" }""", 1, "incompatible CNI versions", "config is \"1.0\", plugin supports [*")]
    [InlineData("CHECK", """{ "cniVersion": "0.3.1", "name": "a" }""", 1, "config version does not allow CHECK")]
    [InlineData("CHECK", """{ "cniVersion": "0.3.0", "name": "a" }""", 1, "config version does not allow CHECK")]
    [InlineData("ADD", """{ "cniVersion": 1, "name": "a" }""", 6, "decoding version from network config: *")]
    [InlineData("ADD", """{ "cniVersion": 1 }""", 7, "missing network name")]
    [InlineData("ADD CNI_CONTAINERID=.a", """{ "cniVersion": 1, "name": "a" }""", 4, "invalid characters in containerID", ".a")]
    public void A_wrong_call_is_refused_as_the_reference_refuses_it(string call, string input, int code, string message, string details = "")
    {
        string[] words = call.Split(' ');
        AssertRefusal(_node.Call(words[0], input, words[1..]).AssertRefused(), code, message, details);
        if (File.Exists(Reference))
        {
            AssertRefusal(_node.Start([Reference], input, Calls.Environment(words[0], words[1..])).Finish().AssertRefused(), code, message, details);
        }
    }

    // Each with the reason why the reference of Debian answers something else, or cannot be asked.
    [KernelTheory]
    [InlineData("no chaining before 0.3.0: the reference's plugins go on to their own checks", "ADD", """{ "name": "a" }""", 1, "incompatible CNI versions", "config is \"0.1.0\", plugin supports [*")]
    [InlineData("the same", "DEL", """{ "cniVersion": "", "name": "a" }""", 1, "incompatible CNI versions", "config is \"0.1.0\", plugin supports [*")]
    [InlineData("the same", "ADD", """{ "cniVersion": "0.2.0", "name": "a" }""", 1, "incompatible CNI versions", "config is \"0.2.0\", plugin supports [*")]
    [InlineData("Debian's is older than 1.1.0", "GC", """{ "cniVersion": "1.0.0", "name": "a" }""", 1, "config version does not allow GC")]
    [InlineData("the same", "STATUS", """{ "cniVersion": "0.4.0", "name": "a" }""", 1, "config version does not allow STATUS")]
    [InlineData("the same", "GC CNI_PATH=", """{ "cniVersion": "1.1.0", "name": "a" }""", 4, "required env variables [CNI_PATH] missing")]
    [InlineData("the same", "STATUS CNI_PATH=", """{ "cniVersion": "1.1.0", "name": "a" }""", 4, "required env variables [CNI_PATH] missing")]
    [InlineData("the same", "GC", """{ "cniVersion": "1.1.0", "name": "a b" }""", 7, "invalid characters found in network name", "a b")]
    [InlineData("a plugin's own check: the reference's say 999", "ADD", Good, 7, "srcroute must be called as a chained plugin: prevResult is missing")]
    [InlineData("the same", "CHECK", Good, 7, "srcroute must be called as a chained plugin: prevResult is missing")]
    [InlineData("the same", "ADD", """{ "cniVersion": "1.0.0", "name": "a", "prevResult": null }""", 7, "srcroute must be called as a chained plugin: prevResult is missing")]
    [InlineData("null is an empty configuration in Go", "ADD", "null", 6, "error unmarshall network config: *")]
    [InlineData("Go takes any case", "ADD", """{ "cniVersion": "1.0.0", "NAME": "a" }""", 7, "missing network name")]
    public void A_wrong_call_is_refused(string why, string call, string input, int code, string message, string details = "")
    {
        Assert.NotEmpty(why);
        string[] words = call.Split(' ');
        AssertRefusal(_node.Call(words[0], input, words[1..]).AssertRefused(), code, message, details);
    }

    [KernelTheory]
    [InlineData("0.3.0")]
    [InlineData("0.3.1")]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public void An_error_is_told_in_the_callers_version(string version)
    {
        Assert.Equal(version, _node.Call("ADD", $$"""{ "cniVersion": "{{version}}" }""").AssertRefused(7).Version);
        Assert.Equal(version, _node.Call("ADD", $$"""{ "name": "a b", "cniVersion": "{{version}}" }""").AssertRefused(7).Version);
        Assert.Equal(version, _node.Call("ADD", Calls.Input(null, version), "CNI_IFNAME=a/b").AssertRefused(4).Version);
        Assert.Equal(version, _node.Call("ADD", Calls.Input(null, version)).AssertRefused(7).Version);
        Assert.Equal(version, _node.Call("ADD", Calls.Input("5", version)).AssertRefused(6).Version);
        Assert.Equal(version, _node.Call("ADD", Calls.Input(null, version), "CNI_NETNS=/proc/self/ns/net").AssertRefused(8).Version);
        Assert.Equal(version, _node.Call("FOO", Calls.Input(null, version)).AssertRefused(4).Version);
        if (version != "1.1.0")
        {
            Assert.Equal(version, _node.Call("GC", Calls.Input(null, version)).AssertRefused(1).Version);
        }
    }

    [KernelFact]
    public void An_error_whose_callers_version_is_not_known_is_told_in_the_newest()
    {
        Assert.Equal("1.1.0", _node.Call("ADD", "nonsense").AssertRefused(6).Version);
        Assert.Equal("1.1.0", _node.Call("ADD", Good, "CNI_PATH=").AssertRefused(4).Version);
        Assert.Equal("1.1.0", _node.Call("ADD", """{ "cniVersion": "9.0.0", "name": "a" }""").AssertRefused(1).Version);
        Assert.Equal("1.1.0", _node.Call("ADD", """{ "name": "a" }""").AssertRefused(1).Version);
    }

    [KernelFact]
    public void Without_a_command_it_says_what_it_is_and_that_is_no_error()
    {
        IReadOnlyDictionary<string, string>?[] environments = [null, new Dictionary<string, string> { ["CNI_COMMAND"] = "" }];
        foreach (IReadOnlyDictionary<string, string>? environment in environments)
        {
            Outcome outcome = _node.Start([Requirements.Binary], Good, environment).Finish();
            outcome.AssertSilent();
            Assert.Contains("srcroute", outcome.Error, StringComparison.Ordinal);
            Assert.Contains("1.1.0", outcome.Error, StringComparison.Ordinal);
        }
    }

    [KernelTheory]
    [InlineData("", "1.1.0")]
    [InlineData("{}", "1.1.0")]
    [InlineData("""{ "cniVersion": "" }""", "1.1.0")]
    [InlineData("""{ "cniVersion": "0.3.0" }""", "0.3.0")]
    [InlineData("""{ "cniVersion": "0.3.1" }""", "0.3.1")]
    [InlineData("""{ "cniVersion": "0.4.0" }""", "0.4.0")]
    [InlineData("""{ "cniVersion": "1.0.0" }""", "1.0.0")]
    [InlineData("""{ "cniVersion": "1.1.0" }""", "1.1.0")]
    [InlineData("""{ "cniVersion": "9.9.9", "name": "a b" }""", "9.9.9")]
    public void VERSION_needs_nothing_and_answers_in_the_callers_version(string input, string version)
    {
        var environment = new Dictionary<string, string> { ["CNI_COMMAND"] = "VERSION" };
        _node.Start([Requirements.Binary], input, environment).Finish().Quietly().AssertResult(
            $$"""{ "cniVersion": "{{version}}", "supportedVersions": {{JsonSerializer.Serialize(Calls.Versions)}} }""");
    }

    private static void AssertRefusal(Refusal refusal, int code, string message, string details)
    {
        Assert.Equal(code, refusal.Code);
        AssertText(message, refusal.Message);
        AssertText(details, refusal.Details);
    }

    private static void AssertText(string expected, string actual)
    {
        if (expected.EndsWith('*'))
        {
            Assert.StartsWith(expected[..^1], actual, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(expected, actual);
        }
    }
}
