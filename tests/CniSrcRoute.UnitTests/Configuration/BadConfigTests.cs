using System.Text;
using CniSrcRoute.Configuration;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Configuration;

/// <summary>Every mistake is one sentence with file, key and value.</summary>
public class BadConfigTests
{
    [Theory]
    [InlineData("", "line 1: not valid JSON")]
    [InlineData("{", "line 1: not valid JSON")]
    [InlineData("{\n\"discover\": tru\n}", "line 2: not valid JSON")]
    [InlineData("{} {}", "line 1: not valid JSON")]
    [InlineData("[]", "must hold an object")]
    [InlineData("null", "must hold an object")]
    [InlineData("7", "must hold an object")]
    public void A_text_that_is_no_json_object(string text, string sentence) => AssertRefused(text, sentence);

    [Theory]
    [InlineData("""{"source":[]}""", "source: unknown key")]
    [InlineData("""{"Sources":[]}""", "Sources: unknown key")]
    [InlineData("""{"":1}""", ": unknown key")]
    [InlineData("""{"x.discover":false}""", "x.discover: unknown key")]
    [InlineData("""{"overlay.cards":[]}""", "overlay.cards: unknown key")]
    [InlineData("""{"overlay":{"card":[]}}""", "overlay.card: unknown key")]
    [InlineData("""{"sources":[{"adress":"10.0.0.1"}]}""", "sources[0].adress: unknown key")]
    [InlineData("""{"sources":[{"address":"10.0.0.1"},{"address":"10.0.0.2","x.card":"eth0"}]}""", "sources[1].x.card: unknown key")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","routes":[{"dst":"10.0.0.0/8"}]}]}""", "sources[0].routes[0].dst: unknown key")]
    public void An_unknown_key(string text, string sentence) => AssertRefused(text, sentence);

    [Theory]
    [InlineData("""{"discover":true,"discover":false}""", "discover: is given twice")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","card":"a","card":"b"}]}""", "sources[0].card: is given twice")]
    public void A_key_that_stands_twice(string text, string sentence) => AssertRefused(text, sentence);

    [Theory]
    [InlineData("""{"discover":"yes"}""", "discover: \"yes\" must be true or false")]
    [InlineData("""{"discover":null}""", "discover: null must be true or false")]
    [InlineData("""{"sources":{}}""", "sources: {} must be a list")]
    [InlineData("""{"sources":["10.0.0.1"]}""", "sources[0]: \"10.0.0.1\" must be an object")]
    [InlineData("""{"overlay":[]}""", "overlay: [] must be an object")]
    [InlineData("""{"overlay":{"cards":"cni0"}}""", "overlay.cards: \"cni0\" must be a list")]
    [InlineData("""{"overlay":{"cards":[1]}}""", "overlay.cards[0]: 1 must be a string")]
    [InlineData("""{"overlay":{"networks":[10]}}""", "overlay.networks[0]: 10 must be a string")]
    [InlineData("""{"sources":[{"address":10}]}""", "sources[0].address: 10 must be a string")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","card":true}]}""", "sources[0].card: true must be a string")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","routes":"x"}]}""", "sources[0].routes: \"x\" must be a list")]
    [InlineData("""{"sources":[{"address":["0123456789012345678901234567890123456789012345678901234567890123456789"]}]}""", "sources[0].address: [\"0123456789012345678901234567890123456789012345678901234... must be a string")]
    public void A_wrong_type(string text, string sentence) => AssertRefused(text, sentence);

    [Theory]
    [InlineData("0")]
    [InlineData("32766")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("1e3")]
    [InlineData("99999999999999999999")]
    [InlineData("\"30000\"")]
    public void A_rule_priority_that_is_none(string value) =>
        AssertRefused($$"""{"rulePriority":{{value}}}""", $"rulePriority: {value} must be a whole number from 2 to 32765");

    [Theory]
    [InlineData("""{"tableBase":0}""", "tableBase: 0 must be a whole number from 1 to 2147483647")]
    [InlineData("""{"tableBase":2147483648}""", "tableBase: 2147483648 must be a whole number from 1 to 2147483647")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","routes":[{"to":"10.0.0.0/8","metric":4294967295}]}]}""", "sources[0].routes[0].metric: 4294967295 must be a whole number from 0 to 4294967294")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","routes":[{"to":"10.0.0.0/8","mtu":67}]}]}""", "sources[0].routes[0].mtu: 67 must be a whole number from 68 to 65535")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","routes":[{"to":"10.0.0.0/8","mtu":65536}]}]}""", "sources[0].routes[0].mtu: 65536 must be a whole number from 68 to 65535")]
    public void A_number_out_of_range(string text, string sentence) => AssertRefused(text, sentence);

    [Theory]
    [InlineData("0", "0 must be a whole number from 1 to 4294967295")]
    [InlineData("253", "253 is one of the kernel's own tables (0 and 253 to 255)")]
    [InlineData("254", "254 is one of the kernel's own tables (0 and 253 to 255)")]
    [InlineData("255", "255 is one of the kernel's own tables (0 and 253 to 255)")]
    [InlineData("4294967296", "4294967296 must be a whole number from 1 to 4294967295")]
    [InlineData("true", "true must be a whole number from 1 to 4294967295")]
    [InlineData("\"main\"", "\"main\" is one of the kernel's own tables")]
    [InlineData("\"local\"", "\"local\" is one of the kernel's own tables")]
    [InlineData("\"default\"", "\"default\" is one of the kernel's own tables")]
    [InlineData("\"unspec\"", "\"unspec\" is one of the kernel's own tables")]
    [InlineData("\"\"", "\"\" is not a table name: printable ASCII without blanks and #, not beginning with a digit")]
    [InlineData("\"1000\"", "\"1000\" is not a table name: printable ASCII without blanks and #, not beginning with a digit")]
    [InlineData("\"two words\"", "\"two words\" is not a table name: printable ASCII without blanks and #, not beginning with a digit")]
    [InlineData("\"a#b\"", "\"a#b\" is not a table name: printable ASCII without blanks and #, not beginning with a digit")]
    [InlineData("\"büro\"", "\"büro\" is not a table name: printable ASCII without blanks and #, not beginning with a digit")]
    public void A_table_that_is_none(string value, string why) =>
        AssertRefused($$"""{"sources":[{"address":"10.0.0.1","table":{{value}}}]}""", $"sources[0].table: {why}");

    [Theory]
    [InlineData("""{"sources":[{"address":"10.0.0"}]}""", "sources[0].address: \"10.0.0\" is not an IPv4 or IPv6 address")]
    [InlineData("""{"sources":[{"address":"10.0.0.1/24"}]}""", "sources[0].address: \"10.0.0.1/24\" is not an IPv4 or IPv6 address")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","gateway":"router"}]}""", "sources[0].gateway: \"router\" is not an IPv4 or IPv6 address")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","gateway":"0.0.0.0"}]}""", "sources[0].gateway: \"0.0.0.0\" is not an address that a router can have")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","gateway":"224.0.0.1"}]}""", "sources[0].gateway: \"224.0.0.1\" is not an address that a router can have")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","gateway":"255.255.255.255"}]}""", "sources[0].gateway: \"255.255.255.255\" is not an address that a router can have")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","gateway":"127.0.0.1"}]}""", "sources[0].gateway: \"127.0.0.1\" is not an address that a router can have")]
    [InlineData("""{"sources":[{"address":"fd00::1","gateway":"::"}]}""", "sources[0].gateway: \"::\" is not an address that a router can have")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","routes":[{"to":"10.0.0.0/8","via":""}]}]}""", "sources[0].routes[0].via: \"\" is not an IPv4 or IPv6 address")]
    [InlineData("""{"sources":[{"network":"10.0.0.0/33"}]}""", "sources[0].network: \"10.0.0.0/33\" is not a network, such as 10.254.0.0/16")]
    [InlineData("""{"overlay":{"networks":["pods"]}}""", "overlay.networks[0]: \"pods\" is not a network, such as 10.254.0.0/16")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","routes":[{"to":"default"}]}]}""", "sources[0].routes[0].to: \"default\" is not a network, such as 10.254.0.0/16")]
    [InlineData("""{"sources":[{"network":"10.0.0.1/24"}]}""", "sources[0].network: \"10.0.0.1/24\" has bits beyond its length; the network is 10.0.0.0/24")]
    [InlineData("""{"overlay":{"networks":["fd44::1/56"]}}""", "overlay.networks[0]: \"fd44::1/56\" has bits beyond its length; the network is fd44::/56")]
    [InlineData("""{"sources":[{"network":"0.0.0.0/0"}]}""", "sources[0].network: \"0.0.0.0/0\" would send everything to the table")]
    [InlineData("""{"overlay":{"networks":["::/0"]}}""", "overlay.networks[0]: \"::/0\" must be the network of the pods, not everything")]
    public void An_address_or_network_that_is_none(string text, string sentence) => AssertRefused(text, sentence);

    [Theory]
    [InlineData("""{"sources":[{}]}""", "sources[0]: \"address\" or \"network\" is missing")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","routes":[{"via":"10.0.0.2"}]}]}""", "sources[0].routes[0]: \"to\" is missing")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","network":"10.0.0.0/24"}]}""", "sources[0].network: \"10.0.0.0/24\" stands beside another address or network; every source has one")]
    [InlineData("""{"sources":[{"network":"10.0.0.0/24","address":"10.0.0.1"}]}""", "sources[0].address: \"10.0.0.1\" stands beside another address or network; every source has one")]
    public void A_key_that_is_missing_or_one_too_many(string text, string sentence) => AssertRefused(text, sentence);

    [Theory]
    [InlineData("""{"sources":[{"address":"10.0.0.1","gateway":"fd00::1"}]}""", "sources[0].gateway: fd00::1 is not of the family of 10.0.0.1")]
    [InlineData("""{"sources":[{"gateway":"10.0.0.1","address":"fd00::1"}]}""", "sources[0].gateway: 10.0.0.1 is not of the family of fd00::1")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","routes":[{"to":"10.0.0.0/8"},{"to":"fd00::/8"}]}]}""", "sources[0].routes[1].to: fd00:: is not of the family of 10.0.0.1")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","routes":[{"to":"10.0.0.0/8","via":"fe80::1"}]}]}""", "sources[0].routes[0].via: fe80::1 is not of the family of 10.0.0.0/8")]
    public void Two_families_in_one_source(string text, string sentence) => AssertRefused(text, sentence);

    [Theory]
    [InlineData("""{"sources":[{"address":"10.0.0.1"},{"address":"10.0.0.1"}]}""", "sources[1].address: 10.0.0.1 overlaps 10.0.0.1 of sources[0]")]
    [InlineData("""{"sources":[{"address":"10.0.0.1"},{"network":"10.0.0.0/24"}]}""", "sources[1].network: 10.0.0.0/24 overlaps 10.0.0.1 of sources[0]")]
    [InlineData("""{"sources":[{"network":"10.0.0.0/8"},{"network":"10.0.0.0/24"}]}""", "sources[1].network: 10.0.0.0/24 overlaps 10.0.0.0/8 of sources[0]")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","table":500},{"address":"10.0.0.2","table":500}]}""", "sources[1].table: 500 is the table of sources[0] as well; every source needs one of its own")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","table":"office"},{"address":"10.0.0.2","table":"office"}]}""", "sources[1].table: office is the table of sources[0] as well; every source needs one of its own")]
    public void Two_sources_that_contradict_each_other(string text, string sentence) => AssertRefused(text, sentence);

    [Theory]
    [InlineData("""{"sources":[{"card":"\ud800"}]}""")]
    [InlineData("""{"\ud800":1}""")]
    public void Half_a_surrogate_pair(string text) => AssertRefused(text, "a string is not valid Unicode");

    [Fact]
    public void Bytes_that_are_no_utf8() => Assert.StartsWith(
        "f: ",
        Assert.Throws<InputException>(() => ConfigParser.Parse("f", (byte[])[.. "{\"sources\":[{\"card\":\""u8, 0xff, 0xfe, .. "\"}]}"u8])).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_text_nested_without_end() => AssertRefused(string.Concat(Enumerable.Repeat("[", 5000)), "line 1: not valid JSON");

    [Fact]
    public void Whatever_is_changed_in_a_good_text_it_is_read_or_refused_with_a_sentence()
    {
        byte[] good = """{"discover":true,"rulePriority":30000,"overlay":{"cards":["cni*"],"networks":["10.244.0.0/16"]},"sources":[{"address":"10.0.0.1","table":500,"routes":[{"to":"10.9.0.0/16","mtu":1400}]}]}"""u8.ToArray();
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Sample(
            (place, value, length) =>
            {
                byte[] text = good[..Math.Max(length, place + 1)];
                text[place] = value;
                try
                {
                    ConfigParser.Parse("f", text);
                }
                catch (InputException e)
                {
                    Assert.StartsWith("f: ", e.Message, StringComparison.Ordinal);
                }
            },
            iter: 20_000);
    }

    private static void AssertRefused(string text, string sentence) => Assert.Equal(
        $"/etc/srcroute/config.json: {sentence}",
        Assert.Throws<InputException>(() => ConfigParser.Parse("/etc/srcroute/config.json", Encoding.UTF8.GetBytes(text))).Message);
}
