using CniSrcRoute.Nftables;

namespace CniSrcRoute.Walk;

/// <summary>Where firewalls of others may drop a request or its answer, as far as that can be seen without knowing what their rules let through.</summary>
/// <param name="chains">Their chains that the kernel calls.</param>
/// <param name="rules">Their rules that drop all that comes to them, or what fails a check of the reverse path.</param>
public sealed class ForeignDrops(IReadOnlyList<BaseChain> chains, IReadOnlyList<DroppingRule> rules)
{
    /// <summary>Where destinations are translated (NF_IP_PRI_NAT_DST).</summary>
    private const int DestinationNat = -100;

    /// <summary>NF_DROP.</summary>
    private const uint Drop = 0;

    /// <summary>The chains that a request and its answer come to, and that may drop them.</summary>
    /// <param name="trip">The request and its answer.</param>
    /// <param name="state">The node.</param>
    /// <returns>The chains, in the kernel's order.</returns>
    public IReadOnlyList<Obstruction> On(RoundTrip trip, NodeState state)
    {
        bool isHandedOn = trip.Request.Translated is not null && trip.Arrival.Leaves;
        uint[] request = isHandedOn ? [BaseChain.Prerouting, BaseChain.Forward, BaseChain.Postrouting] : [BaseChain.Prerouting, BaseChain.Input];
        uint[] answer = isHandedOn ? request : [BaseChain.Output, BaseChain.Postrouting];
        List<Obstruction> found = [];
        foreach (BaseChain chain in chains.Where(chain => chain.Sees(trip.Reply.Family) && !chain.IsOfFrames))
        {
            (bool ofRequest, bool ofAnswer) = (request.Contains(chain.Hook.Number), answer.Contains(chain.Hook.Number));
            List<DroppingRule> own = [.. rules.Where(rule => rule.Table == chain.Table && rule.Chain == chain.Name && (rule.Family ?? trip.Reply.Family) == trip.Reply.Family)];
            if ((ofRequest || ofAnswer) && (chain.Hook.Policy == Drop || own.Exists(rule => rule.Check is null)))
            {
                found.Add(new Obstruction(chain, ofRequest, ofAnswer, null));
            }

            if (chain.Hook.Number == BaseChain.Prerouting && own.Find(rule => rule.Check is { } check && !FindsWayBack(check, chain, trip, state)) is { } failed)
            {
                found.Add(new Obstruction(chain, true, false, failed));
            }
        }

        return found;
    }

    private static bool FindsWayBack(NftExpression.Fib check, BaseChain chain, RoundTrip trip, NodeState state)
    {
        // Ahead of the translation the request has its first destination, and ahead of our chain no mark.
        bool isMarked = state.Nftables.Table?.Chains.Any(own => own.Hook is { Number: BaseChain.Prerouting, Type: "filter" } hook && hook.Priority < chain.Hook.Priority) == true;
        Flow flow = trip.Incoming with
        {
            Destination = chain.Hook.Priority > DestinationNat ? trip.Incoming.Destination : trip.Request.Address,
            Mark = isMarked ? trip.Incoming.Mark : 0,
        };
        return new MarkProgram(null, new Fib(state), state).Finds(check, flow);
    }
}
