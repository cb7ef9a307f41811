using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.UnitTests.Model;
using CniSrcRoute.UnitTests.Nodes;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>Rules as the kernel lists them, and as it is asked for them.</summary>
public class RuleCodecTests
{
    [Theory]
    [InlineData(0, "from 192.168.1.100 lookup 1000 priority 9001 protocol 206")]
    [InlineData(1, "from fd01::/64 lookup 1001 priority 9002 protocol 206")]
    [InlineData(2, "from all fwmark 0x10/0xff lookup 100 priority 9003")]
    [InlineData(3, "from all iif eth0 lookup 100 priority 9004")]
    [InlineData(4, "not from 10.0.0.0/8 lookup 100 priority 9005")]
    [InlineData(5, "from all lookup 254 suppress_prefixlength 0 priority 9006")]
    [InlineData(6, "from all goto 32766 priority 9007")]
    [InlineData(7, "from all l3mdev priority 9008")]
    [InlineData(8, "from all ipproto tcp sport 80 dport 1000-2000 lookup 100 priority 9009")]
    [InlineData(9, "from all to 10.0.0.0/24 tos 0x10 lookup 100 priority 9010")]
    [InlineData(10, "from 10.66.0.0/16 blackhole priority 9011")]
    public void The_rule_a_command_made_is_read(int golden, string expected) => Assert.Equal(expected, IpCommand.Format(Decode(Golden.Rules[golden].Bytes)));

    [Theory]
    [InlineData(3, "09000300657468300000 0000")] // FRA_IIFNAME
    [InlineData(5, "08000E0000000000")] // FRA_SUPPRESS_PREFIXLEN
    [InlineData(6, "08000400FE7F0000")] // FRA_GOTO
    [InlineData(7, "05001300010000 00")] // FRA_L3MDEV
    [InlineData(9, "10180000 080001000A000000")] // tos and the length of FRA_DST
    public void What_else_a_rule_selects_by_is_kept_byte_for_byte(int golden, string selectors) =>
        Assert.Equal(selectors.Replace(" ", "", StringComparison.Ordinal), Decode(Golden.Rules[golden].Bytes).Selectors.ToString());

    // ip rule add fwmark 0x10/0xff lookup 100
    [Fact]
    public void A_rule_for_a_mark_is_no_rule_for_a_source()
    {
        Rule rule = Decode(Golden.Rules[2].Bytes);
        Assert.Equal((0x10u, 0xffu, false, false), (rule.Mark, rule.MarkMask, rule.HasOtherSelectors, rule.IsFor(default)));
    }

    // ip rule add not from 10.0.0.0/8 lookup 100
    [Fact]
    public void An_inverted_rule_is_no_rule_for_its_source()
    {
        Rule rule = Decode(Golden.Rules[4].Bytes);
        Assert.Equal((2u, true), (rule.Flags, rule.HasOtherSelectors));
    }

    // ip rule add blackhole from 10.66.0.0/16
    [Fact]
    public void A_rule_that_looks_up_no_table_has_none()
    {
        Rule rule = Decode(Golden.Rules[10].Bytes);
        Assert.Equal(((byte)6, 0u, false), (rule.Action, rule.Table, rule.HasOtherSelectors));
    }

    [Fact]
    public void Our_rule_has_no_other_selectors()
    {
        Rule rule = Decode(Golden.Rules[0].Bytes);
        Assert.Equal(
            new Rule { Family = Family.IPv4, From = Text.Prefix("192.168.1.100"), Table = 1000, Priority = 9001, Protocol = Ownership.Protocol },
            rule);
    }

    [Fact]
    public void Every_rule_of_the_kernel_is_written_so_that_it_reads_back() => Assert.All(Golden.Rules, golden =>
    {
        Rule rule = Decode(golden.Bytes);
        Assert.True(RuleCodec.TryDecode(Encode(rule), out Rule again));
        Assert.Equal(rule, again);
    });

    [Fact]
    public void What_is_written_reads_back_as_the_same_rule() => (
        from from_ in IpPrefixTests.Any
        from numbers in Gen.UInt.Array[2]
        from protocol in Gen.Byte
        from inverted in Gen.Bool
        select new Rule
        {
            Family = from_.Family,
            From = from_.Length == 0 ? default : from_,
            Table = numbers[0],
            Priority = numbers[1],
            Protocol = protocol,
            Flags = inverted ? 2u : 0,
        }).Sample(rule =>
        {
            Assert.True(RuleCodec.TryDecode(Encode(rule), out Rule again));
            Assert.Equal(rule, again);
        });

    // ip rule add from 192.168.1.100 lookup 1000 priority 30000 protocol 206
    [Fact]
    public void A_rule_is_written_with_priority_and_protocol() => Assert.Equal(
        ("02 00 20 00 FC 00 00 01 00000000" + // struct fib_rule_hdr: AF_INET, source /32, table RT_TABLE_COMPAT, FR_ACT_TO_TBL
         "0800 0F00 E8030000" + // FRA_TABLE 1000
         "0800 0600 30750000" + // FRA_PRIORITY 30000
         "0800 0200 C0A80164" + // FRA_SRC
         "0500 1500 CE000000").Replace(" ", "", StringComparison.Ordinal), // FRA_PROTOCOL 206, padded
        Convert.ToHexString(Encode(new Rule { Family = Family.IPv4, From = Text.Prefix("192.168.1.100"), Table = 1000, Priority = 30000, Protocol = 206 })));

    [Theory]
    [InlineData("800000000000000100000000")] // RTNL_FAMILY_IPMR
    [InlineData("0200210000000001000000000800020001020304")] // a source length of 33
    [InlineData("020020000000000100000000140002000102030401020304010203040102030 4")] // an IPv6 source
    [InlineData("0200200000000001")]
    public void What_is_no_rule_of_the_two_families_is_passed_over(string bytes) =>
        Assert.False(RuleCodec.TryDecode(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)), out _));

    private static Rule Decode(string bytes)
    {
        Assert.True(RuleCodec.TryDecode(Convert.FromHexString(bytes), out Rule rule));
        return rule;
    }

    private static byte[] Encode(Rule rule)
    {
        byte[] buffer = new byte[1024];
        var writer = new MessageWriter(buffer);
        RuleCodec.Encode(ref writer, rule);
        return buffer[..writer.Length];
    }
}
