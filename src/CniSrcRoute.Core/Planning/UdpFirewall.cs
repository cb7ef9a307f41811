using CniSrcRoute.Firewall;

namespace CniSrcRoute.Planning;

/// <summary>
/// The UDP requests that are left alone for the sake of a firewall: behind the translation its rules would see another destination, or another source of the
/// answers, and let through what they are to keep out, or keep out what they are to let through.
/// </summary>
public sealed class UdpFirewall
{
    private static readonly IpPrefix Loopback4 = new(new IpAddress(Family.IPv4, 0, 127u << 24), 8);
    private static readonly IpAddress Loopback6 = new(Family.IPv6, 0, 1);

    private readonly List<(Family Family, DestinationRule Rule, IReadOnlyList<PortSpan> Ports)> _rules = [];

    private UdpFirewall()
    {
    }

    /// <summary>The ports that are left alone.</summary>
    public IReadOnlyList<PortSpan> Ports =>
        PortSpan.Merged(_rules.Where(one => !IsWhole(one.Family)).SelectMany(one => one.Ports));

    /// <summary>A sentence for each place with such rules.</summary>
    public IEnumerable<Finding> Findings
    {
        get
        {
            foreach (var place in _rules.GroupBy(one => (one.Rule.Place, one.Rule.OfAnswers)))
            {
                List<PortSpan> ports = PortSpan.Merged(place.SelectMany(one => one.Ports));
                string[] rules = [.. place.Select(one => one.Rule.What).Distinct()];
                string what = (rules.Length == 1 ? "a rule " : "rules ") + string.Join(", and ", rules.Take(3)) + (rules.Length > 3 ? $", and {rules.Length - 3} more" : "");
                string sees = place.Key.OfAnswers ? "would see another source of answers" : "would see another destination";
                string requests = ports is [{ IsAll: true }] ? "" : $" to port {string.Join(", ", ports)}";
                yield return new Finding(
                    Severity.Note,
                    FindingCode.UdpFirewall,
                    place.Key.Place,
                    $"{place.Key.Place}: {what} {sees} if UDP requests were translated, so those{requests} by {string.Join(" and ", place.Select(one => one.Family).Distinct())} are not: servers that are bound to no " +
                    "address answer them from the address main chooses, unless they use IP_PKTINFO; have them bind a socket to each address, " +
                    "or the firewall not ask for the node's addresses");
            }
        }
    }

    /// <summary>Works it out.</summary>
    /// <param name="state">The node.</param>
    /// <param name="families">The families whose requests are to be translated.</param>
    /// <returns>What is to be left alone.</returns>
    public static UdpFirewall Of(NodeState state, IEnumerable<Family> families)
    {
        var firewall = new UdpFirewall();
        foreach (Family family in state.DestinationRules is { Count: > 0 } ? families : [])
        {
            List<IpAddress> addresses = [.. state.Addresses.Select(address => address.Local).Where(address => address.Family == family && IsAsked(address)).Distinct()];
            addresses.Sort(IpAddress.Compare);
            foreach (DestinationRule rule in state.DestinationRules!)
            {
                if (rule.TellsApart(addresses) is { Count: > 0 } ports)
                {
                    firewall._rules.Add((family, rule, ports));
                }
            }
        }

        return firewall;
    }

    /// <summary>Leaves out the families of which all is left alone.</summary>
    /// <param name="answers">By family.</param>
    /// <returns>The others.</returns>
    public IReadOnlyDictionary<Family, AnswerSources> Without(IReadOnlyDictionary<Family, AnswerSources> answers) =>
        _rules.Count == 0 ? answers : answers.Where(pair => !IsWhole(pair.Key)).ToDictionary();

    /// <summary>Whether the same is left alone.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True when it is, for the same reasons.</returns>
    public bool IsLike(UdpFirewall other) => Findings.SequenceEqual(other.Findings);

    private bool IsWhole(Family family) => PortSpan.Merged(_rules.Where(one => one.Family == family).SelectMany(one => one.Ports)) is [{ IsAll: true }];

    // What has an address of its link alone as destination comes from one as well, and such clients are never translated.
    private static bool IsAsked(IpAddress address) => !Loopback4.Contains(address) && address != Loopback6 && address is not { Family: Family.IPv6, IsLinkLocal: true };
}
