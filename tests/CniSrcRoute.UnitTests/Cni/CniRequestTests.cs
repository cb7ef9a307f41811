using System.Text;
using CniSrcRoute.Cni;
using CniSrcRoute.UnitTests.Nodes;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Cni;

/// <summary>Standard input, and the reference dispatcher's words and order for what is wrong with it.</summary>
public class CniRequestTests
{
    private const string Good = """
        {"cniVersion":"1.0.0","name":"cbr0","type":"srcroute","prevResult":{"cniVersion":"1.0.0",
         "interfaces":[{"name":"cni0"},{"name":"veth1"},{"name":"eth0","sandbox":"/var/run/netns/x"}],
         "ips":[{"address":"10.244.94.4/24","gateway":"10.244.94.1","interface":2}]}}
        """;

    [Fact]
    public void The_usual_input_is_read()
    {
        CniRequest request = Call.Request(Good);
        Assert.Equal(("1.0.0", null), (request.Version, request.ConfigFile));
        Assert.Equal([Text.Address("10.244.94.4")], request.PodAddresses);
    }

    [Fact]
    public void Prev_result_is_kept_byte_for_byte() => Assert.Equal(
        "{ \"a\" :  [1.50, \"\\u00e9é\"],\n \"unknown\": null }",
        Call.Request("{\"cniVersion\":\"0.3.1\",\"name\":\"n\",\"prevResult\":{ \"a\" :  [1.50, \"\\u00e9é\"],\n \"unknown\": null } , \"x\":1}").PrevResult);

    [Theory]
    [InlineData("""{"cniVersion":"1.0.0","name":"n"}""")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","prevResult":null}""")]
    public void An_absent_prev_result_and_null_are_none(string text)
    {
        Assert.Null(Call.Request(text).PrevResult);
        Assert.Empty(Call.Request(text).PodAddresses);
    }

    [Fact]
    public void The_conflists_entry_may_name_another_config() =>
        Assert.Equal("/etc/x.json", Call.Request("""{"cniVersion":"1.0.0","name":"n","config":"/etc/x.json"}""").ConfigFile);

    [Fact]
    public void Keys_of_others_are_tolerated() => Assert.Equal(
        "1.0.0",
        Call.Request("""{"cniVersion":"1.0.0","name":"n","type":"srcroute","capabilities":{"portMappings":true},"runtimeConfig":{"portMappings":[{"HostPort":1}]},"args":{},"cni.dev/x":1,"ipam":{},"dns":{},"unknownKey":[[{}]]}""").Version);

    [Theory]
    [InlineData("")]
    [InlineData("   \n")]
    [InlineData("{")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("null")]
    [InlineData("{} {}")]
    [InlineData("""{"name":1}""")]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"name":"n","config":["x"],"cniVersion":"1.0.0"}""")]
    public void What_is_no_network_configuration_is_a_decoding_failure(string text) => AssertRefused(text, 6, "error unmarshall network config: ");

    [Theory]
    [InlineData("""{"name":"n","cniVersion":1}""")]
    [InlineData("""{"cniVersion":{"a":[1]},"name":"n"}""")]
    [InlineData("""{"cniVersion":"\ud800","name":"n"}""")]
    public void A_version_that_is_no_string_is_a_decoding_failure_of_its_own(string text) => AssertRefused(text, 6, "decoding version from network config: ");

    [Fact]
    public void Nothing_about_our_own_key_makes_del_fail() =>
        Assert.Null(Call.Request("""{"name":"n","cniVersion":"1.0.0","config":[5]}""", Call.Environment("DEL")).ConfigFile);

    [Theory]
    [InlineData("0.4.0", "0.4.0")]
    [InlineData("9.0.0", "1.1.0")]
    public void An_error_is_answered_in_the_callers_version_when_it_is_one_of_ours(string stated, string answered)
    {
        string version = CniVersion.Newest;
        Assert.Throws<CniException>(() => CniRequest.Parse(Encoding.UTF8.GetBytes($$"""{"cniVersion":"{{stated}}"}"""), Call.Environment("ADD"), ref version));
        Assert.Equal(answered, version);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"name":""}""")]
    [InlineData("""{"name":null,"cniVersion":7}""")]
    public void A_network_needs_a_name(string text) => AssertRefused(text, 7, "missing network name");

    [Theory]
    [InlineData("-x")]
    [InlineData("a b")]
    [InlineData("a/b")]
    public void A_network_name_has_no_other_characters(string name)
    {
        CniException error = AssertRefused($$"""{"name":"{{name}}"}""", 7, "invalid characters found in network name");
        Assert.Equal(name, error.Details);
    }

    [Fact]
    public void The_name_is_looked_at_before_the_environment_and_that_before_the_version()
    {
        Assert.Equal(7, AssertRefused("{}", 7, "missing network name", Call.Environment("ADD", id: "-")).Code);
        Assert.Equal(4, AssertRefused("""{"name":"n","cniVersion":"9.0.0"}""", 4, "invalid characters in containerID", Call.Environment("ADD", id: "-")).Code);
    }

    [Fact]
    public void An_unknown_verb_is_a_bad_environment() =>
        AssertRefused("""{"name":"n","cniVersion":"1.0.0"}""", 4, "unknown CNI_COMMAND: FOO", Call.Environment("FOO"));

    [Theory]
    [InlineData("""{"ips":[{"address":"\ud800"}]}""")]
    [InlineData("""{"interfaces":[{"name":"\ud800"}]}""")]
    public void Half_a_surrogate_pair_in_prev_result_is_a_decoding_failure(string previous) =>
        AssertRefused($$"""{"name":"n","cniVersion":"1.0.0","prevResult":{{previous}} }""", 6, "could not parse prevResult");

    [Fact]
    public void Nothing_about_prev_result_makes_del_fail()
    {
        foreach (string previous in new[] { "7", "[]", "{\"ips\":7}", "{\"ips\":[{\"address\":\"\\ud800\"}]}", "{\"ips\":[7]}", "{\"interfaces\":[7]}" })
        {
            Assert.Equal(previous, Call.Request($$"""{"name":"n","cniVersion":"1.0.0","prevResult":{{previous}} }""", Call.Environment("DEL")).PrevResult);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("{}")]
    [InlineData("""{"cniVersion":""}""")]
    [InlineData("""{"cniVersion":null}""")]
    public void Version_without_a_version_is_answered_in_the_newest(string text) =>
        Assert.Equal("1.1.0", CniRequest.ParseVersion(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Version_is_answered_in_the_callers_version() => Assert.Equal("0.4.0", CniRequest.ParseVersion("""{"cniVersion":"0.4.0"}"""u8));

    [Fact]
    public void Version_of_what_is_no_json_is_a_decoding_failure() =>
        Assert.Equal(6, Assert.Throws<CniException>(() => CniRequest.ParseVersion("nonsense"u8)).Code);

    [Fact]
    public void Whatever_is_changed_in_a_good_input_it_is_read_or_refused_with_a_code()
    {
        byte[] good = Encoding.UTF8.GetBytes(Good.Replace("eth0\"", "\\u0065th0\"", StringComparison.Ordinal));
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length], Gen.OneOf("ADD", "DEL")).Sample(
            (place, value, length, command) =>
            {
                byte[] text = good[..Math.Max(length, place + 1)];
                text[place] = value;
                try
                {
                    Call.Request(text, Call.Environment(command));
                }
                catch (CniException e)
                {
                    Assert.True(e.Code is 1 or 6 or 7);
                }
            },
            iter: 20_000);
    }

    private static CniException AssertRefused(string text, int code, string message, CniEnvironment? environment = null)
    {
        CniException error = Assert.Throws<CniException>(() => Call.Request(text, environment));
        Assert.Equal(code, error.Code);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        return error;
    }
}
