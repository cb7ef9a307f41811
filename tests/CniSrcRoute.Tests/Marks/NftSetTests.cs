using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Nftables;
using CniSrcRoute.Nftables;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.UnitTests.Netlink;
using Xunit;
using Node = CniSrcRoute.Tests.Kernel.Node;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Sets and maps of nftables: by the kernel, and by nft(8).</summary>
public sealed class NftSetTests
{
    [KernelTheory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(250)]
    public void A_table_is_read_as_it_was_written_by_us_or_by_nft(int cards)
    {
        using var node = new Node();
        using NetlinkSocket socket = node.Network().In(() => NetlinkSocket.OfNetfilter());
        var nftables = new NftNetlink(socket);
        NftTable table = AnyTable.Of(cards);

        nftables.Replace(table);
        AssertLike(table, nftables.Read());
        string listed = node.Sh("nft -s list table inet srcroute");

        // Once more, in the place of the first.
        nftables.Replace(table);
        AssertLike(table, nftables.Read());
        nftables.Replace(null);
        Assert.Null(nftables.Read());

        node.Start(["nft", "-f", "-"], table.ToString()).Finish().Succeeded();
        AssertLike(table, nftables.Read());
        Assert.Equal(listed, node.Sh("nft -s list table inet srcroute"));

        // What nft(8) lists, it loads, and that is ours as well.
        nftables.Replace(table);
        node.Sh("nft list table inet srcroute >/run/listed; nft delete table inet srcroute; nft -f /run/listed");
        AssertLike(table, nftables.Read());
    }

    [KernelTheory]
    [InlineData("add element inet srcroute ports { 123 }")]
    [InlineData("delete element inet srcroute ports { 53 }")]
    [InlineData("add element inet srcroute ports { 53 timeout 1h, 500 }", "ports { type inet_service; flags timeout; }")]
    [InlineData("add element inet srcroute ports { 53 counter, 500 }", "ports { type inet_service; counter; }")]
    [InlineData("delete element inet srcroute arrivals { \"eth1\" : jump eth1 }")]
    [InlineData("add element inet srcroute arrivals { \"eth7\" : jump eth1 }")]
    [InlineData("delete element inet srcroute arrivals { \"eth1\" : jump eth1 }; add element inet srcroute arrivals { \"eth1\" : jump eth2 }")]
    [InlineData("delete element inet srcroute arrivals { \"eth1\" : jump eth1 }; add element inet srcroute arrivals { \"eth1\" : goto eth1 }")]
    [InlineData("delete element inet srcroute marks { 0x10 : goto eth1 }; add element inet srcroute marks { 0x10 : drop }")]
    [InlineData("add element inet srcroute pods { 10.7.0.0/24 }")]
    [InlineData("delete element inet srcroute pods { 10.0.0.0/24 }; add element inet srcroute pods { 10.0.0.0/25 }")]
    [InlineData("delete element inet srcroute answers { 10.0.0.0/24 : accept }; add element inet srcroute answers { 10.0.0.0/24 : drop }")]
    [InlineData("flush set inet srcroute pods")]
    [InlineData("flush map inet srcroute asked")]
    [InlineData("add set inet srcroute strange { type ipv4_addr; flags interval; }")]
    [InlineData("add map inet srcroute strange { type ipv4_addr . inet_service . ipv4_addr : mark; }")]
    [InlineData("add set inet srcroute strange { type ipv4_addr . ipv4_addr; flags interval, timeout; elements = { 10.0.0.0/8 . 10.0.0.1-10.0.0.7 }; }")]
    [InlineData("add set inet srcroute strange { typeof tcp option maxseg size; elements = { 7 }; }")]
    [InlineData("add set inet srcroute strange { type ipv4_addr; flags dynamic; size 7; timeout 1h; counter; elements = { 10.0.0.1 }; }")]
    [InlineData("add rule inet srcroute prerouting tcp dport { 1, 2 } tcp sport vmap { 7 : drop }")]
    [InlineData("add rule inet srcroute prerouting ip daddr @pods")]
    [InlineData("add rule inet srcroute servers udp dport 7 dnat ip to 10.0.0.1:8")]
    [InlineData("add rule inet srcroute servers dnat ip to 10.0.0.1-10.0.0.9")]
    [InlineData("add rule inet srcroute servers meta nfproto ipv4 dnat ip to 10.0.0.1 random")]
    public void What_somebody_changes_is_seen_and_nothing_it_may_be_is_an_error(string change, string? set = null)
    {
        using var node = new Node();
        using NetlinkSocket socket = node.Network().In(() => NetlinkSocket.OfNetfilter());
        var nftables = new NftNetlink(socket);
        NftTable table = AnyTable.Of(3);
        nftables.Replace(table);
        string listed = node.Sh("nft -s list table inet srcroute");

        if (set is not null)
        {
            node.Start(["nft", "-f", "-"], $"flush chain inet srcroute servers; delete set inet srcroute ports; add set inet srcroute {set}")
                .Finish().Succeeded();
        }

        node.Start(["nft", "-f", "-"], change).Finish().Succeeded();
        NftTable changed = nftables.Read()!;
        Assert.False(table.IsLike(changed), changed.ToString());
        Assert.False(changed.IsLike(table));

        nftables.Replace(table);
        AssertLike(table, nftables.Read());
        Assert.Equal(listed, node.Sh("nft -s list table inet srcroute"));
    }

    private static void AssertLike(NftTable expected, NftTable? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(0, actual.OtherObjects);
        foreach (NftSet set in expected.Sets)
        {
            NftSet read = actual.Sets.Single(other => other.Name == set.Name);
            Assert.Equal(set.ToString(), read.ToString());
            Assert.True(set.IsLike(read), set.Name);
        }

        foreach (NftChain chain in expected.Chains)
        {
            NftChain read = actual.Chains.Single(other => other.Name == chain.Name);
            Assert.Equal(chain.Hook, read.Hook);
            Assert.Equal(chain.Rules.Select(rule => string.Join('\n', rule.Expressions)), read.Rules.Select(rule => string.Join('\n', rule.Expressions)));
        }

        Assert.True(expected.IsLike(actual));
        Assert.True(actual.IsLike(expected));
    }
}
