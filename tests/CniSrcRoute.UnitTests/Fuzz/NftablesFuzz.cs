using CniSrcRoute.Configuration;
using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Nftables;
using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Fuzz;

/// <summary>
/// nf_tables' replies, nearly as the kernel writes them: a table of which a plan can be made, or an error of netlink's; never another exception,
/// never for ever.
/// </summary>
public sealed class NftablesFuzz
{
    private static readonly string[] Table =
    [
        "nft-table", "nft-rules", "nft-chain-prerouting", "nft-chain-arrival", "nft-chain-restore", "nft-chain-own", "nft-chain-output",
        "nft-sets", "nft-set-pods", "nft-set-marks", "nft-set-asked", "nft-set-answers",
    ];

    [Fact]
    public void The_recordings_are_a_table()
    {
        NftTable table = new NftNetlink(new RecordedReplies(Table.SelectMany(RecordedReplies.Read))).Read()!;
        Assert.Equal(["prerouting", "arrival", "restore", "own", "output"], table.Chains.Select(chain => chain.Name));
        Assert.Equal(
            ["type filter hook prerouting priority -80", "", "", "", "type route hook output priority -80"],
            table.Chains.Select(chain => chain.Hook?.ToString() ?? ""));
        Assert.Equal([2, 3, 3, 1, 1], table.Chains.Select(chain => chain.Rules.Count));
        Assert.Equal(0, table.OtherObjects);
        Assert.DoesNotContain(
            table.Chains.SelectMany(chain => chain.Rules).SelectMany(rule => rule.Expressions),
            expression => expression is NftExpression.Unknown);
        Assert.Equal(NftStatement.WasFor(Text.Prefix("192.168.1.100")).Expressions, table.Chains[1].Rules[1].Expressions.Skip(4).Take(2));
        Assert.Equal(
            [
                "set pods { type ipv4_addr; flags interval; elements = { 10.254.0.0-10.254.0.255, 10.254.1.0-10.254.1.255, 224.0.0.0-255.255.255.255 } }",
                "map marks { type mark : verdict; elements = { 0x1 : goto restore, 0x2 : return } }",
                "map asked { type ipv6_addr . ifname : verdict; elements = { 2001:db8:1::100 . \"eth0\" : jump own } }",
                "map answers { type ipv4_addr : ipv4_addr; flags interval; elements = { 10.0.0.0-10.0.0.255 : 10.0.0.1 } }",
            ],
            table.Sets.Select(set => string.Join(' ', set.ToString().Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))));
        Assert.Equal(
            ["ip others c False 0xffffffff", "ip others c True 0xffffffff", "ip mangle PREROUTING False 0x4000"],
            new NftNetlink(new RecordedReplies(RecordedReplies.Read("nft-all-rules")))
                .ListMarkWrites()
                .Select(write => $"{write.Table} {write.Chain} {write.OfConnection} 0x{write.Bits:x}")
                .Take(3));
    }

    [Fact]
    public void A_table_is_read_or_refused()
    {
        byte[][] recording = [.. Table.SelectMany(RecordedReplies.Read)];
        Fuzzing.Run(15_000, random => NetlinkFuzz.Pack(random, recording), packed =>
        {
            List<byte[]> replies = NetlinkFuzz.Unpack(packed);
            try
            {
                NftTable? table = new NftNetlink(new RecordedReplies([.. replies, .. replies])).Read();
                NodeState state = Node.WithPods().Nftables(table).State;
                DesiredState desired = Derive.From(new Config(), state);
                var ip = new IpCommand(state);
                Assert.DoesNotContain(Diff.Between(desired, state).Changes.Select(ip.Format), line => line.Length == 0);
                Assert.True(table is null || table.IsLike(table) || table.Chains.Select(chain => chain.Name).Distinct().Count() < table.Chains.Count);
            }
            catch (NetlinkException)
            {
                // Refused.
            }
        });
    }

    [Fact]
    public void Rules_of_others_are_read_or_refused()
    {
        byte[][] recording = RecordedReplies.Read("nft-all-rules");
        Fuzzing.Run(15_000, random => NetlinkFuzz.Pack(random, recording), packed =>
        {
            List<byte[]> replies = NetlinkFuzz.Unpack(packed);
            try
            {
                Assert.DoesNotContain(new NftNetlink(new RecordedReplies([.. replies, .. replies])).ListMarkWrites(), write => write.Bits == 0);
                var codec = new FilterRuleCodec(_ => null, ofAnswers: false);
                foreach (byte[] reply in replies)
                {
                    _ = codec.TryDecode(reply.AsSpan(Math.Min(16, reply.Length)), out _);
                }
            }
            catch (NetlinkException)
            {
                // Refused.
            }
        });
    }

    [Fact]
    public void An_answer_to_a_transaction_is_read_or_refused()
    {
        NftTable table = Node.WithPods().Derive().MarkTable!;
        byte[][] recording =
        [
            .. RecordedReplies.Read("nft-refusal"),
            .. RecordedReplies.Read("nft-chain-own"),
            .. RecordedReplies.Read("nft-refusal"),
            .. RecordedReplies.Read("refusal"),
        ];
        Fuzzing.Run(15_000, random => NetlinkFuzz.Pack(random, recording), packed =>
        {
            try
            {
                new NftNetlink(new RecordedReplies(NetlinkFuzz.Unpack(packed))).Replace(table);
            }
            catch (NetlinkException)
            {
                // Refused.
            }
        });
    }
}
