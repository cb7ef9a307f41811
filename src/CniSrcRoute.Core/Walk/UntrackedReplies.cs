using CniSrcRoute.Firewall;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Walk;

/// <summary>Finds rules of others that keep requests to the sources, or their replies, from being tracked: no mark leads these replies then, but the rules for addresses alone.</summary>
public static class UntrackedReplies
{
    /// <summary>How many sources, and ports and clients that rules ask for, are tried; and how many sentences name.</summary>
    private const int MostTried = 16, MostNamed = 4;

    /// <summary>The client of a port that no rule asks for.</summary>
    private const ushort AnyPort = 40001;

    /// <summary>A finding for each place with such rules.</summary>
    /// <param name="untracking">Tells what is not tracked.</param>
    /// <param name="state">The node.</param>
    /// <param name="desired">Knows the sources.</param>
    /// <returns>None where all that concerns a source's card is tracked.</returns>
    public static IEnumerable<Finding> Find(Untracking untracking, NodeState state, DesiredState desired)
    {
        List<SourceTable> tables = [.. desired.Tables.Where(table => table is { Unserved: null, Mark: not 0, Source.Prefix.IsHost: true })];
        if (untracking.IsEmpty || tables.Select(table => table.Source.Card).Distinct().Count() < 2)
        {
            return [];
        }

        List<TrackTest> tests = [.. untracking.Rules.SelectMany(rule => rule.Tests)];
        List<ushort> ports = [.. Asked(tests, Origin.Port, Origin.SourcePort).Select(bytes => (ushort)((bytes[0] << 8) | bytes[1])).Append(AnyPort).Distinct().Take(MostTried)];
        HashSet<IpAddress> own = [.. state.Addresses.Select(address => address.Local)];
        List<IpAddress> clients = [.. Asked(tests, Origin.Source, Origin.Destination).Select(bytes => IpAddress.FromBytes(bytes)).Where(address => address.IsSet && !own.Contains(address)).Distinct().Take(MostTried)];
        List<(string Place, SourceTable Table, ushort Port, byte Protocol)> found = [];
        foreach (SourceTable table in tables.Take(MostTried))
        {
            Family family = table.Source.Family;
            List<IpAddress> all = [.. clients.Where(client => client.Family == family), TakenReplies.FarFrom(state, family) ?? default];
            foreach (ushort port in ports)
            {
                foreach (byte protocol in (byte[])[6, 17])
                {
                    string? place = all.Where(client => client.IsSet)
                        .Select(client => PlaceFor(untracking, client, table.Source.Prefix.Address, port, protocol, table.Source.Card, [table.Source.Card, .. tables.Select(other => other.Source.Card)])?.Place)
                        .FirstOrDefault(one => one is not null);
                    if (place is not null)
                    {
                        found.Add((place, table, port, protocol));
                    }
                }
            }
        }

        return found.GroupBy(one => one.Place).Select(place => Tell(place.Key, [.. place], ports.Count));
    }

    /// <summary>What is not tracked of a request and its answer.</summary>
    /// <param name="untracking">Tells what is not tracked.</param>
    /// <param name="client">Who asks.</param>
    /// <param name="address">Whom.</param>
    /// <param name="port">The port.</param>
    /// <param name="protocol">6 for TCP, 17 for UDP.</param>
    /// <param name="card">The card that the request comes in by.</param>
    /// <param name="ways">The cards that the answer may be routed by before it has a mark.</param>
    /// <returns>Null where both are tracked.</returns>
    public static Untracked? PlaceFor(Untracking untracking, IpAddress client, IpAddress address, ushort port, byte protocol, Link card, IEnumerable<Link> ways)
    {
        var request = new TrackPacket(client, address, protocol, Request.ClientPort, port, card, null);
        if (untracking.PlaceFor(request) is { } place)
        {
            return new Untracked(true, place);
        }

        return ways.Distinct().Select(way => untracking.PlaceFor(new TrackPacket(address, client, protocol, port, Request.ClientPort, null, way))).FirstOrDefault(one => one is not null) is { } output
            ? new Untracked(false, output)
            : null;
    }

    /// <summary>The first of each range of a field that some rule asks for, and one that is in none of them where a rule is for all others.</summary>
    private static IEnumerable<byte[]> Asked(List<TrackTest> tests, params Origin[] fields)
    {
        foreach (TrackTest test in tests)
        {
            int from = test.Key.ToList().FindIndex(part => fields.Contains(part.Origin) && part.Index == 0);
            int length = from < 0 ? 0 : test.Key.Skip(from).TakeWhile(part => part.Origin == test.Key[from].Origin).Count();
            foreach (Nftables.NftElement element in length == 0 ? [] : test.Among.Take(MostTried))
            {
                byte[] first = element.From.Span.Slice(from, Math.Min(length, element.From.Span.Length - from)).ToArray();
                yield return length is 2 or 4 or 16 ? first : [.. first, .. new byte[(length < 4 ? 4 : 16) - length]];
            }
        }
    }

    private static Finding Tell(string place, List<(string Place, SourceTable Table, ushort Port, byte Protocol)> found, int ports)
    {
        List<string> addresses = [.. found.Select(one => one.Table.Source.Prefix.Address.ToString()).Distinct()];
        List<ushort> named = [.. found.Select(one => one.Port).Distinct().Order()];
        string which = named.Count == ports || named.Contains(AnyPort) ? "" : $" to port {string.Join(", ", named.Take(MostNamed))}{(named.Count > MostNamed ? $" and {named.Count - MostNamed} more" : "")}";
        string protocols = found.Select(one => one.Protocol).Distinct().Count() > 1 ? "" : found[0].Protocol == 17 ? "UDP " : "TCP ";
        return new Finding(
            Severity.Warning,
            FindingCode.RepliesUntracked,
            place,
            $"a rule of {place}, keeps {protocols}requests{which} for {string.Join(", ", addresses.Take(MostNamed))}{(addresses.Count > MostNamed ? $" and {addresses.Count - MostNamed} more" : "")}, or the replies, from being tracked: " +
            "such replies have no mark, so those to clients to whom main knows another way than a default leave by that, whichever card the request came in by; " +
            "have it leave out the node's addresses, or answer such clients by no other card than theirs");
    }
}
