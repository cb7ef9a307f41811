using CniSrcRoute.Firewall;
using CniSrcRoute.Netlink;
using CniSrcRoute.Nftables;
using CniSrcRoute.Xtables;
using Xunit;

namespace CniSrcRoute.UnitTests.Fuzz;

/// <summary>Tables of iptables-legacy, nearly as the kernel writes them: rules that write marks, or an error of ours; never another exception, never for ever.</summary>
public sealed class LegacyFuzz
{
    [Theory]
    [InlineData("legacy", Family.IPv4, "ip mangle")]
    [InlineData("legacy6", Family.IPv6, "ip6 mangle")]
    public void The_recordings_are_tables(string recording, Family family, string table) => Assert.Equal(
        [
            (table, "PREROUTING", false, 0xffu, true, true),
            (table, "POSTROUTING", true, 0xffffffffu, true, true),
            (table, "others", false, 0x4000u, true, true),
        ],
        Decode(family, [.. RecordedReplies.Read(recording).SelectMany(reply => reply)])
            .Select(write => (write.Table, write.Chain, write.OfConnection, write.Bits, write.IsIptables, write.IsLegacy)));

    [Theory]
    [InlineData("legacy", Family.IPv4)]
    [InlineData("legacy6", Family.IPv6)]
    public void A_table_is_read_or_refused(string recording, Family family)
    {
        byte[] replies = [.. RecordedReplies.Read(recording).SelectMany(reply => reply)];
        Fuzzing.Run(15_000, random => Mutation.Binary(random, replies), changed =>
        {
            try
            {
                // The one reply is as long as it was asked for; the other may end anywhere.
                Array.Resize(ref changed, Math.Max(changed.Length, XtablesCodec.InfoSize));
                Assert.DoesNotContain(Decode(family, changed), write => write.Bits == 0);
                var chains = new LegacyChains(family, changed.AsSpan(0, XtablesCodec.InfoSize), changed[XtablesCodec.InfoSize..]);
                new FilterWalk(chain => chain, chain => chains.ListRules(chain, ofAnswers: false)).Follow(XtablesCodec.Input);
                new FilterWalk(chain => chain, chain => chains.ListRules(chain, ofAnswers: true), ofAnswers: true).Follow("OUTPUT");
            }
            catch (NetlinkException)
            {
                // Refused.
            }
        });
    }

    [Theory]
    [InlineData("legacy", Family.IPv4)]
    [InlineData("legacy6", Family.IPv6)]
    public void A_table_that_is_cut_off_anywhere_but_behind_a_rule_is_refused(string recording, Family family)
    {
        byte[] replies = [.. RecordedReplies.Read(recording).SelectMany(reply => reply)];
        int first = XtablesCodec.InfoSize + XtablesCodec.EntriesOffset;

        // num_entries stands ahead of size.
        Assert.Equal(
            BitConverter.ToInt32(replies, XtablesCodec.SizeOffset - 4),
            Enumerable.Range(first, replies.Length - first).Count(length => !IsRefused(family, replies[..length])));
    }

    private static bool IsRefused(Family family, byte[] replies)
    {
        try
        {
            _ = Decode(family, replies);
            return false;
        }
        catch (NetlinkException)
        {
            return true;
        }
    }

    private static List<MarkWrite> Decode(Family family, byte[] replies) => XtablesCodec.Decode(family, replies.AsSpan(0, XtablesCodec.InfoSize), replies.AsSpan(XtablesCodec.InfoSize));
}
