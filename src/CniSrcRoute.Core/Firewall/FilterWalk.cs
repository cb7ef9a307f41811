using CniSrcRoute.Nftables;

namespace CniSrcRoute.Firewall;

/// <summary>Finds, from the chains that the kernel calls, the rules that ask what UDP packets are for. Chains that nothing leads to are not read.</summary>
/// <param name="place">Names a chain for people.</param>
/// <param name="read">Reads the rules of a chain.</param>
/// <param name="ofAnswers">Whether answers come to the chains, whose rules are read with source and destination exchanged.</param>
public sealed class FilterWalk(Func<string, string> place, Func<string, IReadOnlyList<FilterRule>> read, bool ofAnswers = false)
{
    private readonly Dictionary<string, IReadOnlyList<FilterRule>> _chains = [];
    private readonly HashSet<(string Chain, Family? Family, string Ports, string Asked)> _seen = [];
    private readonly List<DestinationRule> _found = [];

    // The kernel takes no rings, but chains that change while they are read one by one may look like one.
    private readonly Stack<string> _path = new();

    /// <summary>Follows the chains of a table that requests to UDP servers come to, and those that the answers come to.</summary>
    /// <param name="table">The chains of the table that the kernel calls.</param>
    /// <param name="place">Names a chain for people.</param>
    /// <param name="read">Reads the rules of a chain, of requests or of answers.</param>
    /// <returns>The rules that were found.</returns>
    public static List<DestinationRule> OfTable(IEnumerable<BaseChain> table, Func<string, string> place, Func<string, bool, IReadOnlyList<FilterRule>> read)
    {
        FilterWalk requests = new(place, chain => read(chain, false)), answers = new(place, chain => read(chain, true), ofAnswers: true);
        foreach (BaseChain chain in table)
        {
            if (chain.IsBehindUdpServers)
            {
                requests.Follow(chain.Name);
            }
            else if (chain.IsAheadOfUdpAnswers)
            {
                answers.Follow(chain.Name);
            }
        }

        return [.. requests.Found, .. answers.Found];
    }

    /// <summary>The rules that were found.</summary>
    public IReadOnlyList<DestinationRule> Found => _found;

    /// <summary>Follows a chain.</summary>
    /// <param name="chain">One that the kernel calls.</param>
    public void Follow(string chain) => Follow(chain, new FilterRule(), "");

    /// <param name="chain">The chain.</param>
    /// <param name="asked">What has been asked on the way.</param>
    /// <param name="asker">Where the first rule stands that asked for the destination; empty for none.</param>
    private void Follow(string chain, FilterRule asked, string asker)
    {
        if (!_seen.Add((chain, asked.Family, string.Join(',', asked.Ports), string.Join(';', asked.Tests.Select(test => $"{test.IsNegated} {string.Join(',', test.Parts.Select(part => $"{part} {part.Ports}"))}")) + asked.Asks)) ||
            _path.Contains(chain))
        {
            return;
        }

        if (!_chains.TryGetValue(chain, out IReadOnlyList<FilterRule>? rules))
        {
            _chains.Add(chain, rules = read(chain));
        }

        _path.Push(chain);
        foreach (FilterRule rule in rules)
        {
            var both = new FilterRule
            {
                Family = asked.Family ?? rule.Family,
                Ports = PortSpan.Both(asked.Ports, rule.Ports),
                Tests = rule.Tests.Count == 0 ? asked.Tests : [.. asked.Tests, .. rule.Tests],
                Asks = asked.Asks.Length > 0 ? asked.Asks : rule.Asks,
            };
            if (both.Ports.Count == 0 || (rule.Family is { } family && both.Family != family))
            {
                continue;
            }

            string first = asker.Length > 0 || !rule.AsksForDestination ? asker : place(chain);

            if (first.Length > 0 && rule.Decides)
            {
                _found.Add(new DestinationRule(first, both, ofAnswers));
            }

            foreach (string next in rule.Chains)
            {
                Follow(next, both, first);
            }
        }

        _path.Pop();
    }
}
