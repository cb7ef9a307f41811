using CniSrcRoute.Nftables;

namespace CniSrcRoute.Firewall;

/// <summary>Tells which packets rules of others keep from being tracked. What a rule asks that is not known here keeps none, so none is told of that is tracked.</summary>
/// <param name="chains">The chains that packets come to before.</param>
public sealed class Untracking(IEnumerable<TrackChain> chains)
{
    private readonly List<TrackChain> _chains = [.. chains.OrderBy(chain => chain.Base.Hook.Priority)];
    private readonly Dictionary<(TrackChain, string), IReadOnlyList<TrackRule>> _rules = [];
    private string _place = "";

    private enum End
    {
        None,
        Accepted,
        Unknown,
        Untracked,
    }

    /// <summary>Whether there is no rule that could.</summary>
    public bool IsEmpty => _chains.Count == 0;

    /// <summary>All rules, for what they ask.</summary>
    public IEnumerable<TrackRule> Rules => _chains.SelectMany(chain => Reachable(chain, chain.Base.Name, []));

    /// <summary>Where the rule stands that keeps a packet from being tracked.</summary>
    /// <param name="packet">The packet.</param>
    /// <returns>The chain in words; null where the packet is tracked, or nobody can tell.</returns>
    public string? PlaceFor(TrackPacket packet)
    {
        uint hook = packet.In is null ? BaseChain.Output : BaseChain.Prerouting;
        foreach (TrackChain chain in _chains.Where(chain => chain.Base.Hook.Number == hook && chain.Base.Sees(packet.Destination.Family)))
        {
            switch (Follow(chain, chain.Base.Name, packet, 0))
            {
                case End.Untracked:
                    return _place;
                case End.Unknown:
                    return null;
                default:
                    break;
            }
        }

        return null;
    }

    /// <param name="chain">Where it began.</param>
    /// <param name="name">The chain.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="depth">How deep it is: the kernel takes no rings, but chains that change while they are read one by one may look like one.</param>
    private End Follow(TrackChain chain, string name, TrackPacket packet, int depth)
    {
        const int Deepest = 16;
        foreach (TrackRule rule in depth > Deepest ? [] : RulesOf(chain, name))
        {
            bool? fits = rule.Fits(packet);
            if (fits == false || rule.Action == TrackAction.None || (fits is null && rule.Action == TrackAction.Notrack))
            {
                continue;
            }

            if (fits is null || rule.Action == TrackAction.Drop)
            {
                return End.Unknown;
            }

            if (rule.Action == TrackAction.Notrack)
            {
                _place = chain.PlaceOf(name);
                return End.Untracked;
            }

            End end = rule.Action == TrackAction.Accept ? End.Accepted : rule.Action == TrackAction.Return ? End.None : Follow(chain, rule.Chain, packet, depth + 1);
            if (end != End.None || rule.Action != TrackAction.Jump)
            {
                return end;
            }
        }

        return End.None;
    }

    private IEnumerable<TrackRule> Reachable(TrackChain chain, string name, HashSet<string> seen) =>
        !seen.Add(name) ? [] : RulesOf(chain, name).SelectMany(rule => rule.Chain.Length == 0 ? [rule] : Reachable(chain, rule.Chain, seen).Prepend(rule));

    private IReadOnlyList<TrackRule> RulesOf(TrackChain chain, string name)
    {
        if (!_rules.TryGetValue((chain, name), out IReadOnlyList<TrackRule>? rules))
        {
            _rules.Add((chain, name), rules = chain.Read(name));
        }

        return rules;
    }
}
