using CniSrcRoute.UnitTests.Nodes;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Model;

public class IpPrefixTests
{
    internal static readonly Gen<IpPrefix> Any =
        from address in IpAddressTests.Any
        from length in Gen.Int[0, 128]
        select new IpPrefix(address, Math.Min(length, address.Bits));

    [Fact]
    public void The_text_of_a_prefix_reads_as_the_same_prefix() => Any.Sample(prefix =>
    {
        string text = prefix.IsDefault ? $"{prefix.Address}/0" : prefix.ToString();
        Assert.True(IpPrefix.TryParse(text, out IpPrefix again));
        Assert.Equal(prefix, again);
        Assert.Equal(prefix.GetHashCode(), again.GetHashCode());
    });

    [Fact]
    public void A_prefix_contains_its_first_and_last_address_and_neither_neighbour() =>
        Any.Where(prefix => prefix.Family == Family.IPv4 && prefix.Length > 0).Sample(prefix =>
        {
            ulong size = 1UL << (32 - prefix.Length), first = prefix.Address.Low;
            Assert.True(prefix.Contains(prefix.Address) && prefix.Contains(prefix.Address with { Low = first + size - 1 }));
            Assert.False(first > 0 && prefix.Contains(prefix.Address with { Low = first - 1 }));
            Assert.False(first + size <= uint.MaxValue && prefix.Contains(prefix.Address with { Low = first + size }));
        });

    [Fact]
    public void Two_prefixes_overlap_when_and_only_when_one_contains_the_other() => Gen.Select(Any, Any, Gen.Int[0, 128]).Sample((one, other, length) =>
    {
        var wider = new IpPrefix(one.Address, Math.Min(length, one.Length));
        Assert.True(wider.Contains(one) && wider.Overlaps(one) && one.Overlaps(wider));
        Assert.Equal(wider == one, one.Contains(wider));
        Assert.Equal(one.Overlaps(other), other.Overlaps(one));
        Assert.True(one.Family == other.Family || !one.Overlaps(other));
    });

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("fd00::/129")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/+8")]
    [InlineData("10.0.0.0/ 8")]
    [InlineData("10.0.0.0/8 ")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("10.0.0.0/255.0.0.0")]
    [InlineData("10.0.0.0/4294967304")]
    [InlineData("/8")]
    [InlineData("")]
    [InlineData("10/8")]
    [InlineData("default")]
    public void What_is_no_prefix_is_refused(string text) => Assert.False(IpPrefix.TryParse(text, out _));

    [Theory]
    [InlineData("10.254.9.1/16", "10.254.0.0/16")]
    [InlineData("10.254.9.1", "10.254.9.1")]
    [InlineData("10.254.9.1/32", "10.254.9.1")]
    [InlineData("0.0.0.0/0", "default")]
    [InlineData("::/0", "default")]
    [InlineData("fd00::1/64", "fd00::/64")]
    [InlineData("fd00::1/128", "fd00::1")]
    [InlineData("fd00:0:0:1::/63", "fd00::/63")]
    public void A_prefix_is_written_as_ip_writes_it(string text, string written) => Assert.Equal(written, Text.Prefix(text).ToString());

    [Theory]
    [InlineData("10.0.0.1", 33)]
    [InlineData("10.0.0.1", -1)]
    [InlineData("fd00::1", 129)]
    public void A_length_that_does_not_fit_is_an_error_of_the_programs(string address, int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new IpPrefix(Text.Address(address), length));

    [Fact]
    public void Networks_stand_in_the_order_of_their_addresses_and_each_before_what_lies_in_it()
    {
        string[] sorted = ["default", "10.0.0.0/8", "10.0.0.0/24", "10.0.0.0", "10.0.1.0/24", "fd00::/16", "fd00::/64", "fd00:0:0:1::/64"];
        List<IpPrefix> prefixes = [.. sorted.Reverse().Select(text => Text.Prefix(text == "default" ? "0.0.0.0/0" : text))];
        prefixes.Sort(IpPrefix.Compare);
        Assert.Equal(sorted, prefixes.Select(prefix => prefix.ToString()));
    }

    [Fact]
    public void No_prefix_contains_nothing_and_is_nothing()
    {
        Assert.False(default(IpPrefix).Contains(default(IpAddress)) || default(IpPrefix).IsDefault || default(IpPrefix).IsHost || default(IpPrefix).IsSet);
        Assert.Equal("", default(IpPrefix).ToString());
        Assert.NotEqual(default, IpPrefix.Any(Family.IPv4));
        Assert.NotEqual(IpPrefix.Any(Family.IPv6), IpPrefix.Any(Family.IPv4));
    }
}
