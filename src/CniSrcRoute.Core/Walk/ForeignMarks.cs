using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Walk;

/// <summary>
/// What firewalls of others may do to marks before packets are routed. Which packets their rules are for is not looked at, so a mark that they may set is
/// a doubt, never a way.
/// </summary>
/// <param name="writes">Their rules that write marks; null where these cannot be read.</param>
/// <param name="chains">Their chains that the kernel calls.</param>
/// <param name="table">Our table, which takes our bits from the connection's mark into the packet's; null for none.</param>
/// <param name="mask">Our bits.</param>
public sealed class ForeignMarks(IReadOnlyList<MarkWrite>? writes, IReadOnlyList<BaseChain> chains, NftTable? table, MarkMask mask)
{
    private const string Nat = "nat";

    private readonly uint _ours = table is null ? 0 : mask.Value;

    /// <summary>The bits that any of them sets, of whichever mark: what is taken from the other mark has no others.</summary>
    private readonly uint _set = (writes ?? []).Aggregate(0u, (bits, write) => bits | write.Packet.Ones | write.Connection.Ones);

    /// <summary>The rules whose marks may lead a request, or its answer, by another card, each once.</summary>
    /// <param name="trip">The request and its answer.</param>
    /// <param name="state">The node.</param>
    /// <returns>None where both ways are certain, as far as marks matter.</returns>
    public IReadOnlyList<Doubt> On(RoundTrip trip, NodeState state)
    {
        var fib = new Fib(state);
        return [.. Doubts(true, trip.Incoming, trip.Arrival), .. Doubts(false, trip.Reply, trip.Answer)];

        IEnumerable<Doubt> Doubts(bool isOfRequest, Flow flow, Way way)
        {
            List<(MarkWrite Write, MarkBits Bits)> acting = [.. (writes ?? []).Select(write => (write, Bits: Before(write, flow, isOfRequest))).Where(one => one.Bits.All != 0)];
            MarkBits all = acting.Aggregate(writes is null ? new MarkBits(~_ours, ~_ours, 0) : default, (bits, one) => bits | one.Bits);
            foreach (Rule rule in state.Rules.Where(rule => rule.MarkMask != 0 && rule.Family == flow.Family))
            {
                foreach (uint mark in Others(rule, flow.Mark, all))
                {
                    uint set = mark & ~flow.Mark, cleared = flow.Mark & ~mark;
                    Way other = fib.Find(flow with { Mark = mark });
                    if (!IsAlike(other, way))
                    {
                        yield return new Doubt(isOfRequest, rule, [.. acting.Where(one => ((one.Bits.Ones & set) | (one.Bits.Zeros & cleared)) != 0).Select(one => one.Write)], other);
                        break;
                    }
                }
            }
        }
    }

    /// <summary>The marks that a rule judges otherwise than the packet's own, as far as they are possible.</summary>
    private static IEnumerable<uint> Others(Rule rule, uint mark, MarkBits all)
    {
        uint turned = (rule.Mark ^ mark) & rule.MarkMask;
        if (turned != 0)
        {
            return IsPossible(turned) ? [mark ^ turned] : [];
        }

        return Enumerable.Range(0, 32).Select(bit => rule.MarkMask & (1u << bit)).Where(bit => bit != 0 && IsPossible(bit)).Select(bit => mark ^ bit).Take(1);

        bool IsPossible(uint bits) => ((bits & ~mark & ~all.Ones) | (bits & mark & ~all.Zeros)) == 0;
    }

    /// <summary>The bits of a packet's mark that a rule may change before the packet is routed.</summary>
    private MarkBits Before(MarkWrite write, Flow flow, bool isRequest)
    {
        MarkBits bits = default;
        foreach (BaseChain chain in BaseChain.Of(write, chains).Where(chain => chain.Sees(flow.Family) && IsBefore(chain, flow, isRequest)))
        {
            // Where ours marks the packet later, our bits are ours; and what is taken from the connection has the same.
            uint lost = IsOverruled(chain, flow) ? _ours : 0;
            bits |= new MarkBits((write.Packet.Ones | (write.Packet.Moved & _set & ~_ours)) & ~lost, write.Packet.Zeros & ~(write.Packet.Moved & _ours) & ~lost, 0);
        }

        // Ours takes them over, whenever they were written.
        return isRequest ? bits : bits | new MarkBits((write.Connection.Ones | (write.Connection.Moved & _set)) & _ours, write.Connection.Zeros & _ours, 0);
    }

    private bool IsOverruled(BaseChain chain, Flow flow) => (flow.Mark & _ours) != 0 &&
        table!.Chains.Any(own => own.Hook is { Type: not Nat } hook && hook.Number == (flow.IsOutput ? BaseChain.Output : BaseChain.Prerouting) && hook.Priority > chain.Hook.Priority);

    /// <summary>Whether a chain is called before the packet is routed, or has it routed again, as ours does. Of type nat it sees requests alone.</summary>
    private static bool IsBefore(BaseChain chain, Flow flow, bool isRequest) => (chain.Hook.Type != Nat || isRequest) &&
        (flow.IsOutput ? chain.Hook.Number == BaseChain.Output && (chain.Hook.Type == "route" || flow.Mark != 0) : chain.IsPrerouting);

    private static bool IsAlike(Way one, Way other) =>
        one.Type == other.Type && one.Hops.Select(hop => hop.Oif).Order().SequenceEqual(other.Hops.Select(hop => hop.Oif).Order());
}
