using CniSrcRoute.Planning;
using CsCheck;
using Xunit;

namespace CniSrcRoute.Tests.Core;

/// <summary>What becomes of packets in the nftables table of any node.</summary>
public class MarkTableProperties
{
    private const uint Anything = 0xa5a5a5a5;

    /// <summary>Where firewalld checks the reverse path of IPv6: `filter + 10`.</summary>
    private const int Firewalld = 10;

    [Fact]
    public void A_new_connection_that_was_translated_gets_the_mark_of_a_table_of_the_card_it_came_by() => Always((node, desired, table) =>
    {
        foreach (SourceTable source in desired.Tables)
        {
            IpAddress elsewhere = Text.Address(source.Source.Family == Family.IPv4 ? "203.0.113.9" : "2001:db8::9");
            foreach (IpAddress address in (IpAddress[])[source.Source.Prefix.Address, elsewhere])
            {
                var packet = new ModelPacket
                {
                    Family = source.Source.Family,
                    CameBy = source.Source.Card.Name,
                    WasFor = address,
                    WouldLeaveBy = "cni0",
                    IsNew = true,
                    IsTranslated = true,
                    Mark = Foreign(node),
                    ConnectionMark = Foreign(node),
                };
                table.Run(ModelNftables.Prerouting, packet);

                SourceTable[] candidates =
                    [.. Marked(desired).Where(other => other.Source.Family == source.Source.Family && other.Source.Card == source.Source.Card)];
                SourceTable[] own = [.. candidates.Where(other => other.Source.Prefix.Contains(address))];
                uint[] right = candidates.Length == 0 ? [0] : [.. (own.Length > 0 ? own : candidates).Select(other => other.Mark)];
                Assert.Contains(packet.ConnectionMark & node.Config.MarkMask.Value, right);
                AssertForeignBitsAreKept(node, packet);

                // A card's table with a way to everywhere goes before one without.
                if (own.Length == 0 && candidates.Any(other => other.DefaultRoute is not null))
                {
                    Assert.Contains(candidates, other => other.Mark == (packet.ConnectionMark & node.Config.MarkMask.Value) && other.DefaultRoute is not null);
                }
            }
        }
    });

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void Any_other_connection_and_its_packets_stay_as_they_are(bool isNew, bool isTranslated) => Always((node, desired, table) =>
    {
        foreach (SourceTable source in desired.Tables)
        {
            foreach (bool isReply in (bool[])[false, true])
            {
                var packet = new ModelPacket
                {
                    Family = source.Source.Family,
                    CameBy = source.Source.Card.Name,
                    WasFor = source.Source.Prefix.Address,
                    IsNew = isNew,
                    IsTranslated = isTranslated,
                    IsReply = isReply,
                    Mark = Anything,
                    ConnectionMark = Foreign(node),
                };
                table.Run(ModelNftables.Prerouting, packet);
                table.Run(ModelNftables.Output, packet);
                Assert.Equal((Anything, Foreign(node)), (packet.Mark, packet.ConnectionMark));
            }
        }
    });

    [Fact]
    public void A_reply_is_marked_as_its_connection_is_and_asks_the_rule_for_that_mark() => Always((node, desired, table) =>
    {
        foreach (SourceTable source in Marked(desired))
        {
            var packet = new ModelPacket
            {
                Family = source.Source.Family,
                CameBy = "cni0",
                IsReply = true,
                IsTranslated = true,
                Mark = Anything,
                ConnectionMark = Foreign(node) | source.Mark,
            };
            table.Run(ModelNftables.Prerouting, packet);
            Assert.Equal(Foreign(node) | source.Mark, packet.Mark);
            Assert.Equal(Foreign(node) | source.Mark, packet.ConnectionMark);
            Assert.Equal(source.Number, Assert.Single(desired.Rules, rule => Asks(rule, packet)).Table);
        }
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_request_by_IPv6_has_the_mark_of_its_card_when_its_reverse_path_is_checked_and_none_when_it_is_routed(bool isNew) =>
        Always((node, desired, table) =>
        {
            foreach (SourceTable source in Marked(desired).Where(source => source.Source.Family == Family.IPv6))
            {
                ModelPacket Request() => new()
                {
                    Family = Family.IPv6,
                    CameBy = source.Source.Card.Name,
                    WasFor = source.Source.Prefix.Address,
                    IsNew = isNew,
                    IsTranslated = true,
                    Mark = Foreign(node),
                    ConnectionMark = Foreign(node) | (isNew ? 0 : source.Mark),
                };
                ModelPacket packet = Request();
                table.Run(ModelNftables.Prerouting, packet, Firewalld);
                Assert.Equal(packet.ConnectionMark | node.Config.MarkMask.OwnBit, packet.Mark);
                Rule rule = Assert.Single(desired.Rules, rule => Asks(rule, packet));
                Assert.Equal(node.Config.RulePriority - 1, rule.Priority);
                Assert.Contains(Marked(desired), other => other.Number == rule.Table && other.Source.Card == source.Source.Card);

                packet = Request();
                table.Run(ModelNftables.Prerouting, packet);
                Assert.Equal(Foreign(node), packet.Mark);
            }
        });

    [Fact]
    public void A_reply_by_IPv6_has_no_mark_when_its_reverse_path_is_checked() => Always((node, desired, table) =>
    {
        foreach (SourceTable source in Marked(desired).Where(source => source.Source.Family == Family.IPv6))
        {
            var packet = new ModelPacket
            {
                Family = Family.IPv6,
                CameBy = "cni0",
                IsReply = true,
                IsTranslated = true,
                Mark = Foreign(node),
                ConnectionMark = Foreign(node) | source.Mark,
            };
            table.Run(ModelNftables.Prerouting, packet, Firewalld);
            Assert.Equal(Foreign(node), packet.Mark);
        }
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Beyond_another_card_main_alone_is_asked_where_IPv4_is_checked_strictly_and_the_source_table_would_not_go_there(bool goes)
    {
        int seen = 0;
        Always((node, desired, table) =>
        {
            SourceTable[] marked = [.. Marked(desired).Where(source => source.Source.Family == Family.IPv4)];
            if (!marked.Any(source => Math.Max(node.State.AllCards.RpFilter, source.Source.Card.Conf.RpFilter) == 1))
            {
                return;
            }

            foreach ((SourceTable source, SourceTable other) in marked.SelectMany(source => marked, (source, other) => (source, other)))
            {
                string card = source.Source.Card.Name, beyond = other.Source.Card.Name;
                var packet = new ModelPacket
                {
                    Family = Family.IPv4,
                    CameBy = card,
                    WouldLeaveBy = beyond,
                    WouldLeaveByMark = mark => (mark & node.Config.MarkMask.Value) == 0 || goes ? beyond : card,
                    WasFor = source.Source.Prefix.Address,
                    IsNew = true,
                    IsTranslated = true,
                    Mark = Foreign(node),
                    ConnectionMark = Foreign(node),
                };
                table.Run(ModelNftables.Prerouting, packet);
                bool isMarked = goes || card == beyond;
                Assert.Equal(isMarked, packet.ConnectionMark != Foreign(node));
                Assert.Equal(packet.ConnectionMark | (isMarked ? node.Config.MarkMask.OwnBit : 0), packet.Mark);
                AssertForeignBitsAreKept(node, packet);
                Interlocked.Increment(ref seen);
            }
        });
        Assert.True(seen > 300, $"{seen} packets are too few");
    }

    [Fact]
    public void What_the_node_itself_answers_asks_ahead_of_the_rules_for_addresses() => Always((node, desired, table) =>
    {
        foreach (SourceTable source in Marked(desired))
        {
            var packet = new ModelPacket
            {
                Family = source.Source.Family,
                IsReply = true,
                IsTranslated = true,
                Mark = Anything,
                ConnectionMark = Foreign(node) | source.Mark,
            };
            table.Run(ModelNftables.Output, packet);
            Assert.Equal(Foreign(node) | source.Mark | node.Config.MarkMask.OwnBit, packet.Mark);
            Rule rule = Assert.Single(desired.Rules, rule => Asks(rule, packet));
            Assert.Equal((source.Number, node.Config.RulePriority - 1), (rule.Table, rule.Priority));
        }
    });

    [Fact]
    public void What_the_node_itself_asks_is_left_alone() => Always((node, desired, table) =>
    {
        foreach (SourceTable source in Marked(desired))
        {
            var packet = new ModelPacket { Family = source.Source.Family, IsTranslated = true, Mark = Anything, ConnectionMark = Foreign(node) | source.Mark };
            table.Run(ModelNftables.Output, packet);
            Assert.Equal(Anything, packet.Mark);
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
            Assert.False(desired.MarkTable.IsLike(new Nftables.NftTable(others)));
            Assert.False(desired.MarkTable.IsLike(new Nftables.NftTable([.. others, chain with { Rules = [.. chain.Rules.Skip(1)] }])));
            Assert.False(desired.MarkTable.IsLike(new Nftables.NftTable([.. others, chain with { Rules = [.. chain.Rules, chain.Rules[0]] }])));
            Assert.False(desired.MarkTable.IsLike(new Nftables.NftTable([.. others, chain with { Hook = new Nftables.NftHook("filter", 1, 7) }])));
        }
    });

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

    private static uint Foreign(AnyNode node) => Anything & ~node.Config.MarkMask.Value;

    private static bool Asks(Rule rule, ModelPacket packet) => rule.Family == packet.Family && rule.MarkMask != 0 && (packet.Mark & rule.MarkMask) == rule.Mark;

    private static void AssertForeignBitsAreKept(AnyNode node, ModelPacket packet) =>
        Assert.Equal((Foreign(node), Foreign(node)), (packet.Mark & ~node.Config.MarkMask.Value, packet.ConnectionMark & ~node.Config.MarkMask.Value));
}
