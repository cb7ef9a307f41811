using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>What becomes of packets in the nftables table of any node, and which of our rules they ask then.</summary>
public class MarkTableProperties
{
    private const uint Anything = 0xa5a5a5a5;

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_new_connection_to_the_node_or_to_a_pod_gets_the_mark_of_a_table_of_the_card_it_came_by(bool isForNode, bool isTranslated) =>
        Always((node, desired, table) =>
        {
            foreach (SourceTable source in desired.Tables)
            {
                foreach (IpAddress address in (IpAddress[])[source.Source.Prefix.Address, Elsewhere(source)])
                {
                    ModelPacket packet = Request(node, source) with { WasFor = address, IsForNode = isForNode, IsTranslated = isTranslated };
                    table.Run(ModelNftables.Prerouting, packet);

                    SourceTable[] candidates =
                        [.. Marked(desired).Where(other => other.Source.Family == source.Source.Family && other.Source.Card == source.Source.Card)];
                    SourceTable[] own = [.. candidates.Where(other => other.Source.Prefix.Contains(address))];
                    uint[] right = candidates.Length == 0 ? [0] : [.. (own.Length > 0 ? own : candidates).Select(other => other.Mark)];
                    uint mark = packet.ConnectionMark & node.Config.MarkMask.TableBits;
                    Assert.Contains(mark, right);
                    AssertForeignBitsAreKept(node, packet);

                    // A card's table with a way to everywhere goes before one without.
                    if (own.Length == 0 && candidates.Any(other => other.DefaultRoute is not null))
                    {
                        Assert.Contains(candidates, other => other.Mark == mark && other.DefaultRoute is not null);
                    }
                }
            }
        });

    [Theory]
    [InlineData(false, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, false, false)]
    public void Any_other_connection_and_its_packets_stay_as_they_are(bool isNew, bool isForNode, bool isTranslated) => Always((node, desired, table) =>
    {
        foreach (SourceTable source in desired.Tables)
        {
            ModelPacket packet = Request(node, source) with { IsNew = isNew, IsForNode = isForNode, IsTranslated = isTranslated, Mark = Anything };

            table.Run(ModelNftables.Prerouting, packet);
            table.Run(ModelNftables.Postrouting, packet);
            Assert.Equal((Anything, Foreign(node)), (packet.Mark, packet.ConnectionMark));

            packet = packet with { Mark = Anything, CameBy = "", IsTranslated = false };
            table.Run(ModelNftables.Output, packet);
            packet = packet with { IsReply = true };
            table.Run(ModelNftables.Output, packet);
            Assert.Equal((Anything, Foreign(node)), (packet.Mark, packet.ConnectionMark));
        }
    });

    [Fact]
    public void What_comes_from_the_pods_networks_by_a_card_keeps_mains_way() => Always((node, desired, table) =>
    {
        foreach (IpPrefix network in node.Config.OverlayNetworks ?? node.State.FlannelNetworks)
        {
            foreach (SourceTable source in desired.Tables.Where(source => source.Source.Family == network.Family))
            {
                ModelPacket packet = Request(node, source) with { IsFrom = network.Address };
                table.Run(ModelNftables.Prerouting, packet);
                Assert.Equal(Foreign(node), packet.ConnectionMark);
            }
        }
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_reply_that_is_forwarded_asks_the_rule_for_its_connections_mark_and_its_reverse_path_is_mains(bool cameByItsCard) =>
        Always((node, desired, table) =>
        {
            foreach (SourceTable source in Marked(desired))
            {
                bool is6 = source.Source.Family == Family.IPv6;
                string card = source.Source.Card.Name;
                uint mark = source.Mark | (cameByItsCard ? node.Config.MarkMask.Flag : 0);
                var packet = new ModelPacket
                {
                    Family = source.Source.Family,
                    CameBy = cameByItsCard ? card : "cni0",
                    IsReply = true,
                    IsTranslated = true,
                    Mark = Anything,
                    ConnectionMark = Foreign(node) | mark,
                };
                table.Run(ModelNftables.Prerouting, packet);
                Assert.Equal(Foreign(node) | mark, packet.ConnectionMark);
                AssertLeadsTo(source, desired, Asked(desired, packet, packet.CameBy));

                // The kernel asks by the card that the reply would leave by, firewalld by none. Where the pod is reached by that card, the table knows it.
                if (is6 || !cameByItsCard)
                {
                    Assert.Null(Asked(desired, packet, is6 ? "lo" : card));
                }
            }
        });

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_request_is_routed_as_without_us_whatever_mark_its_reverse_path_is_looked_up_by(bool isNew, bool isTranslated) => Always((node, desired, table) =>
    {
        foreach (SourceTable source in Marked(desired))
        {
            string card = source.Source.Card.Name;
            ModelPacket packet = Request(node, source) with
            {
                IsNew = isNew,
                IsForNode = !isTranslated,
                IsTranslated = isTranslated,
                ConnectionMark = Foreign(node) | (isNew ? 0 : source.Mark),
                WasFor = source.Source.Prefix.Address,
            };
            table.Run(ModelNftables.Prerouting, packet);
            Assert.Null(Asked(desired, packet, card));
            bool isChecked = source.Source.Family == Family.IPv6 ||
                Marked(desired).Any(other => other.Source.Family == Family.IPv4 && Math.Max(node.State.AllCards.RpFilter, other.Source.Card.Conf.RpFilter) == 1);
            Assert.Equal(isChecked ? packet.ConnectionMark & ~node.Config.MarkMask.Flag : Foreign(node), packet.Mark);
            if (isChecked)
            {
                Rule rule = Asked(desired, packet, source.Source.Family == Family.IPv4 && isTranslated ? "cni0" : "lo")!;
                Assert.Contains(Marked(desired), other => other.Number == rule.Table && other.Source.Card == source.Source.Card);
            }
        }
    });

    [Fact]
    public void What_is_handed_on_by_the_card_it_came_by_asks_the_table_for_both_where_IPv4_is_checked() => Always((node, desired, table) =>
    {
        foreach (SourceTable source in Marked(desired).Where(source => source.Source.Family == Family.IPv4))
        {
            ModelPacket packet = Request(node, source) with { IsForNode = false, IsTranslated = true, WouldLeaveByItsCard = true, WasFor = source.Source.Prefix.Address };
            table.Run(ModelNftables.Prerouting, packet);
            Assert.NotEqual(0u, packet.ConnectionMark & node.Config.MarkMask.Flag);
            if ((packet.Mark & node.Config.MarkMask.Value) != 0)
            {
                Rule rule = Asked(desired, packet, source.Source.Card.Name)!;
                Assert.Contains(Marked(desired), other => other.Number == rule.Table && other.Source.Card == source.Source.Card);
            }
        }
    });

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_reply_of_the_node_that_would_leave_by_another_card_asks_the_rule_for_its_connections_mark(bool isForOtherCard, bool wouldLeaveByOther) =>
        Always((node, desired, table) =>
        {
            foreach (SourceTable source in Marked(desired))
            {
                ModelPacket packet = Request(node, source) with { WasFor = source.Source.Prefix.Address, IsForOtherCard = isForOtherCard, WouldBeAnsweredByOtherCard = wouldLeaveByOther };
                table.Run(ModelNftables.Prerouting, packet);
                packet = packet with { IsNew = false, IsReply = true, CameBy = "", Mark = Foreign(node) };
                table.Run(ModelNftables.Output, packet);
                Assert.Equal(packet.ConnectionMark & ~node.Config.MarkMask.Flag, packet.Mark);
                Rule rule = Asked(desired, packet, "lo")!;
                Assert.Contains(Marked(desired), other => other.Number == rule.Table && other.Source.Card == source.Source.Card);
            }
        });

    [Fact]
    public void Others_rules_have_every_reply_of_the_node_marked() => Always((node, desired, table) =>
    {
        bool needed = node.State.Rules.Any(rule => rule.Protocol != Ownership.Protocol && !rule.IsKernels);
        foreach (SourceTable source in needed ? Marked(desired) : [])
        {
            // Also in a connection that is older than those rules.
            var packet = new ModelPacket { Family = source.Source.Family, IsReply = true, Mark = Foreign(node), ConnectionMark = Foreign(node) | source.Mark };
            table.Run(ModelNftables.Output, packet);
            Assert.Equal(Foreign(node) | source.Mark, packet.Mark);
        }
    });

    [Fact]
    public void What_the_node_opens_itself_and_is_translated_asks_main_and_not_the_rules_for_addresses() => Always((node, desired, table) =>
    {
        foreach (SourceTable source in desired.Tables.Where(source => source.Unserved is null && source.HasRule))
        {
            var packet = new ModelPacket { Family = source.Source.Family, IsNew = true, IsTranslated = true, Mark = Foreign(node), ConnectionMark = Foreign(node) };
            table.Run(ModelNftables.Output, packet);
            Rule? rule = Asked(desired, packet, "lo");
            Assert.True(rule?.Table == TableId.Main || !desired.Rules.Any(other => other.Family == packet.Family && other.From.IsSet));
        }
    });

    [Fact]
    public void No_mark_of_ours_leaves_the_node_and_all_others_do() => Always((node, desired, table) =>
    {
        foreach (SourceTable source in Marked(desired))
        {
            foreach (uint mark in (uint[])[source.Mark, source.Mark | node.Config.MarkMask.Flag])
            {
                var packet = new ModelPacket { Family = source.Source.Family, Mark = Foreign(node) | mark, ConnectionMark = Foreign(node) | source.Mark };
                table.Run(ModelNftables.Postrouting, packet);
                Assert.Equal((Foreign(node), Foreign(node) | source.Mark), (packet.Mark, packet.ConnectionMark));
            }
        }
    });

    [Fact]
    public void The_table_is_read_back_as_it_was_written() => Always((_, desired, _) =>
    {
        Assert.All(desired.MarkTable!.Chains, chain => Assert.NotEmpty(chain.Rules));
        Assert.True(desired.MarkTable.IsLike(desired.MarkTable with { Chains = [.. desired.MarkTable.Chains.Reverse()] }));
        Assert.False(desired.MarkTable.IsLike(desired.MarkTable with { OtherObjects = 1 }));
        foreach (Nftables.NftChain chain in desired.MarkTable.Chains)
        {
            Nftables.NftChain[] others = [.. desired.MarkTable.Chains.Where(other => other != chain)];
            Assert.False(desired.MarkTable.IsLike(desired.MarkTable with { Chains = others }));
            Assert.False(desired.MarkTable.IsLike(desired.MarkTable with { Chains = [.. others, chain with { Rules = [.. chain.Rules.Skip(1)] }] }));
            Assert.False(desired.MarkTable.IsLike(desired.MarkTable with { Chains = [.. others, chain with { Rules = [.. chain.Rules, chain.Rules[0]] }] }));
            Assert.False(desired.MarkTable.IsLike(desired.MarkTable with { Chains = [.. others, chain with { Hook = new Nftables.NftHook("filter", 1, 7) }] }));
        }
    });

    private static ModelPacket Request(AnyNode node, SourceTable source) => new()
    {
        Family = source.Source.Family,
        CameBy = source.Source.Card.Name,
        IsFrom = Elsewhere(source),
        WasFor = Elsewhere(source),
        IsForNode = true,
        IsNew = true,
        Mark = Foreign(node),
        ConnectionMark = Foreign(node),
    };

    private static IpAddress Elsewhere(SourceTable source) => Text.Address(source.Source.Family == Family.IPv4 ? "203.0.113.9" : "2001:db8::9");

    private static void Always(Action<AnyNode, DesiredState, ModelNftables> claim)
    {
        int seen = 0;
        AnyNode.Always(node =>
        {
            DesiredState desired = Derive.From(node.Config, node.State);
            if (desired.MarkTable is { } table)
            {
                Interlocked.Increment(ref seen);
                claim(node, desired, new ModelNftables(table));
            }
        });
        Assert.True(seen > 300, $"{seen} nodes with a table are too few");
    }

    private static IEnumerable<SourceTable> Marked(DesiredState desired) => desired.Tables.Where(table => table.Unserved is null && table.Mark != 0);

    private static void AssertLeadsTo(SourceTable source, DesiredState desired, Rule? rule) =>
        Assert.Contains(Marked(desired), other => other.Mark == source.Mark && other.Source.Family == source.Source.Family && other.Number == rule?.Table);

    private static uint Foreign(AnyNode node) => Anything & ~node.Config.MarkMask.Value;

    /// <summary>The first of our rules for marks that sends a packet anywhere, looked up by a device.</summary>
    private static Rule? Asked(DesiredState desired, ModelPacket packet, string device)
    {
        uint from = 0;
        foreach (Rule rule in desired.Rules.Where(rule => rule.Family == packet.Family && rule.MarkMask != 0).OrderBy(rule => rule.Priority))
        {
            string words = IpCommand.Format(rule);
            bool isForDevice = !words.Contains(" iif ", StringComparison.Ordinal) || words.Contains($" iif {device} ", StringComparison.Ordinal);
            if (rule.Priority < from || (packet.Mark & rule.MarkMask) != rule.Mark || !isForDevice)
            {
                continue;
            }

            if (rule.Action == Rule.ActionLookup)
            {
                return rule;
            }

            from = BitConverter.ToUInt32(rule.Selectors.Span[^4..]);
        }

        return null;
    }

    private static void AssertForeignBitsAreKept(AnyNode node, ModelPacket packet) =>
        Assert.Equal((Foreign(node), Foreign(node)), (packet.Mark & ~node.Config.MarkMask.Value, packet.ConnectionMark & ~node.Config.MarkMask.Value));
}
