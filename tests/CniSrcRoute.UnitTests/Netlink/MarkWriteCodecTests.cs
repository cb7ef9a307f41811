using System.Globalization;
using CniSrcRoute.Netlink.Nftables;
using CniSrcRoute.Nftables;
using Xunit;
using static CniSrcRoute.UnitTests.Netlink.Script;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>Which bits of marks somebody else's rule may change.</summary>
public class MarkWriteCodecTests
{
    public static TheoryData<string> Commands => [.. GoldenNft.Rules.Select(rule => rule.Command)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_rule_that_a_command_made_writes_just_what_the_command_says(string command)
    {
        (_, string bytes, string writes) = GoldenNft.Rules.Single(rule => rule.Command == command);
        bool writesAny = MarkWriteCodec.TryDecode(Convert.FromHexString(bytes), out MarkWrite write);
        string mark = writesAny && write.OfConnection ? "connection mark" : "packet mark";
        Assert.Equal(writes, writesAny ? string.Create(CultureInfo.InvariantCulture, $"{mark} of {write.Table}, chain {write.Chain}: 0x{write.Bits:x}") : "");
    }

    [Fact]
    public void Our_own_table_is_nobody_elses()
    {
        // The first command's rule that writes a mark, as it is, and in a table of our name: NFTA_RULE_TABLE is the first attribute.
        const ushort NewRule = 0xa06;
        byte[] rule = Convert.FromHexString(GoldenNft.Rules.First(rule => rule.Writes.Length > 0).Bytes);
        byte[] ours = [1, .. rule[1..4], .. Convert.FromHexString("0D000100737263726F75746500000000"), .. rule[12..]];
        var script = new Script(request =>
            [Message(NewRule, Sequence(request), ours, Multi), Message(NewRule, Sequence(request), rule, Multi), End(Sequence(request))]);
        Assert.NotEqual("inet srcroute", Assert.Single(new NftNetlink(script).ListMarkWrites()).Table);
    }

    [Fact]
    public void A_rule_that_is_cut_off_anywhere_is_read_or_not_and_nothing_else()
    {
        foreach ((_, string bytes, _) in GoldenNft.Rules)
        {
            byte[] rule = Convert.FromHexString(bytes);
            for (int length = 0; length < rule.Length; length++)
            {
                _ = MarkWriteCodec.TryDecode(rule.AsSpan(0, length), out _);
            }
        }
    }
}
