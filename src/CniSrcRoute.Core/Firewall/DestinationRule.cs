namespace CniSrcRoute.Firewall;

/// <summary>
/// A rule of others to which UDP packets for the node may come, and that asks, or was led to by one that asks, what they are for; or to which the answers may
/// come, and that asks which of the node's addresses they are from.
/// </summary>
/// <param name="Place">Where the rule stands that asks.</param>
/// <param name="Rule">All that is asked on the way to it; of answers their source stands for the destination.</param>
/// <param name="OfAnswers">Whether answers come to it.</param>
public sealed record DestinationRule(string Place, FilterRule Rule, bool OfAnswers = false)
{
    /// <summary>What it asks, in words that follow "a rule".</summary>
    public string What => Rule.Asks.Length > 0 ? Rule.Asks : $"for {(OfAnswers ? "answers from " : "")}{string.Join(", ", Rule.Tests.Select(test => test.ToString()))}";

    /// <summary>The ports with which requests for some of the addresses are treated otherwise than requests for others of them.</summary>
    /// <param name="addresses">The addresses, in order, of one family.</param>
    /// <returns>The ports; none where it makes no difference which address is asked.</returns>
    public IReadOnlyList<PortSpan> TellsApart(IReadOnlyList<IpAddress> addresses)
    {
        if (addresses.Count == 0 || (Rule.Family is { } family && family != addresses[0].Family))
        {
            return [];
        }

        // Of thousands of addresses that a rule may name few are the node's.
        List<(DestinationTest.Part[] Parts, bool IsNegated)> tests = [.. Rule.Tests.Select(test => (test.Parts.Where(part => HasAny(part, addresses)).ToArray(), test.IsNegated))];
        List<PortSpan> found = [];
        SortedSet<int> edges = [.. tests.SelectMany(test => test.Parts).SelectMany(part => (int[])[part.Ports.From, part.Ports.To + 1])];
        foreach (PortSpan ports in Rule.Ports)
        {
            int from = ports.From;
            foreach (int end in edges.Where(edge => edge > ports.From && edge <= ports.To).Append(ports.To + 1))
            {
                if (IsDecided(from))
                {
                    found.Add(new PortSpan((ushort)from, (ushort)(end - 1)));
                }

                from = end;
            }
        }

        return PortSpan.Merged(found);

        bool IsDecided(int port)
        {
            bool isFirst = IsFor(addresses[0], port);
            return Rule.Asks.Length > 0 ? addresses.Any(address => IsFor(address, port)) : addresses.Any(address => IsFor(address, port) != isFirst);
        }

        bool IsFor(IpAddress address, int port) => tests.TrueForAll(test => Array.Exists(test.Parts, part => part.Contains(address, port)) != test.IsNegated);
    }

    private static bool HasAny(DestinationTest.Part part, IReadOnlyList<IpAddress> addresses)
    {
        int low = 0, high = addresses.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = IpAddress.Compare(addresses[middle], part.From) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low < addresses.Count && IpAddress.Compare(addresses[low], part.To) <= 0;
    }
}
