using System.Globalization;
using System.Text;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Walk;

/// <summary>Tells of connections that leave by another card: the node's own and those it answers in, apart.</summary>
public static class DiversionRemarks
{
    /// <summary>How many connections a sentence names; of more it tells the number.</summary>
    private const int MostNamed = 5;

    /// <summary>The findings: a warning for what the node has opened itself, a note for replies.</summary>
    /// <param name="diverted">The connections.</param>
    /// <param name="state">Knows the names of the cards.</param>
    /// <returns>One of each kind at most.</returns>
    public static List<Finding> Of(IReadOnlyList<Diversion> diverted, NodeState state)
    {
        List<Diversion> own = [], replies = [];
        foreach (Diversion diversion in diverted)
        {
            (diversion.IsOwn ? own : replies).Add(diversion);
        }

        List<Finding> findings = [];
        if (own.Count > 0)
        {
            string cure = $"\"sources\": [{{ \"address\": \"{own[0].Connection.OpenedBy}\", \"rule\": false }}]";
            findings.Add(new Finding(
                Severity.Warning,
                FindingCode.OwnConnectionDiverted,
                own[0].Connection.OpenedBy.ToString(),
                $"{Count(own, "connection")} that the node has opened {(own.Count == 1 ? "leaves" : "leave")} by another card with srcroute's rules than without: {List(own, state)}",
                cure));
        }

        if (replies.Count > 0)
        {
            findings.Add(new Finding(
                Severity.Note,
                FindingCode.ReplyDiverted,
                "",
                $"the replies of {Count(replies, "connection")} leave by another card with srcroute's rules than without: {List(replies, state)}"));
        }

        return findings;
    }

    private static string Count(List<Diversion> diverted, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{diverted.Count} {noun}{(diverted.Count == 1 ? "" : "s")}");

    private static string List(List<Diversion> diverted, NodeState state)
    {
        var text = new StringBuilder();
        for (int i = 0; i < diverted.Count && i < MostNamed; i++)
        {
            (Connection one, _, Way before, Way after) = diverted[i];
            string protocol = one.Protocol switch { 6 => "tcp", 17 => "udp", 132 => "sctp", var number => $"protocol {number}" };
            string end = one.AnsweredBy == one.OpenedTo && one.AnsweringPort == one.Port ? "" : $" ({End(one, one.AnsweredBy, one.AnsweringPort)})";
            text.Append(i == 0 ? "" : ", ").Append(
                $"{protocol} {End(one, one.OpenedBy, one.OpenedFromPort)} to {End(one, one.OpenedTo, one.Port)}{end} by {Names(after, state)}, not {Names(before, state)}");
        }

        return diverted.Count > MostNamed ? text.Append(CultureInfo.InvariantCulture, $", and {diverted.Count - MostNamed} more").ToString() : text.ToString();
    }

    private static string End(Connection connection, IpAddress address, ushort port) =>
        !connection.HasPorts ? address.ToString()
        : string.Create(CultureInfo.InvariantCulture, $"{(address.Family == Family.IPv6 ? $"[{address}]" : address)}:{port}");

    private static string Names(Way way, NodeState state)
    {
        List<string> names = [];
        foreach (Nexthop hop in way.Hops)
        {
            foreach (Link link in state.Links)
            {
                if (link.Index == hop.Oif && !names.Contains(link.Name))
                {
                    names.Add(link.Name);
                }
            }
        }

        return names.Count == 0 ? "no card" : string.Join(" or ", names);
    }
}
