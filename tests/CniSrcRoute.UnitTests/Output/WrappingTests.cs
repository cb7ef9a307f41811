using Xunit;

namespace CniSrcRoute.UnitTests.Output;

/// <summary>Lines on a terminal.</summary>
public sealed class WrappingTests
{
    [Theory]
    [InlineData("  a sentence that is somewhat long", 16, "  a sentence\n    that is\n    somewhat\n    long")]
    [InlineData("  a sentence that is somewhat long", 34, "  a sentence that is somewhat long")]
    [InlineData("  a sentence that is somewhat long", int.MaxValue, "  a sentence that is somewhat long")]
    [InlineData("call `srcroute sync --dry-run` to see it", 16, "call\n  `srcroute sync --dry-run`\n  to see it")]
    [InlineData("  + ip route add 10.0.0.0/24 dev eth1", 16, "  + ip route add 10.0.0.0/24 dev eth1")]
    [InlineData("cure: ip rule del from 10.0.0.1 lookup 77", 16, "cure: ip rule del from 10.0.0.1 lookup 77")]
    [InlineData("10.0.0.1  eth1  10.0.0.254  served", 16, "10.0.0.1  eth1  10.0.0.254  served")]
    [InlineData("", 16, "")]
    public void A_sentence_is_wrapped_and_nothing_else(string line, int width, string wrapped) => Assert.Equal(wrapped, Wrapping.Wrap(line, width));

    [Theory]
    [InlineData(12, "to mend it:\n  ip rule del from 10.0.0.1\n  as root")]
    [InlineData(int.MaxValue, "to mend it: ip rule del from 10.0.0.1 as root")]
    public void What_is_marked_stays_in_one_piece(int width, string wrapped) =>
        Assert.Equal(wrapped, Wrapping.Wrap(Wrapping.Keep("to mend it: ip rule del from 10.0.0.1 as root", "ip rule del from 10.0.0.1"), width));

    [Theory]
    [InlineData(22, "  100  other  from all\n              to\n              10.0.0.0/8:\n              no route")]
    [InlineData(45, "  100  other  from all to 10.0.0.0/8: no\n              route")]
    [InlineData(47, "  100  other  from all to 10.0.0.0/8: no route")]
    [InlineData(int.MaxValue, "  100  other  from all to 10.0.0.0/8: no route")]
    public void A_sentence_in_the_last_column_stays_in_it(int width, string wrapped)
    {
        string line = Wrapping.InColumn("  100  other  ", "from all to 10.0.0.0/8: no route");
        Assert.Equal(wrapped, Wrapping.Wrap(line, width));
        Assert.Equal(wrapped, Wrapping.WrapLines(line, width));
    }
}
