namespace CniSrcRoute.Harm;

/// <summary>Who asks whom in a scene.</summary>
internal static class Flows
{
    private const int Most = 300, MostKept = 30;

    private static readonly Transport[] All = [Transport.Tcp, Transport.Udp, Transport.Echo], Streams = [Transport.Tcp, Transport.Udp];

    /// <summary>All flows, or so many of them that a round stays short: the same ones, as far as they are there, in a smaller scene.</summary>
    public static Flow[] Of(Draft draft, int seed, bool all = false) =>
        [.. Everything(draft).Distinct().OrderBy(flow => Rank(flow, seed)).Take(all ? int.MaxValue : Most)];

    /// <summary>Those that are opened before and asked again and again.</summary>
    public static Flow[] Kept(IEnumerable<Flow> flows) => [.. flows.Where(flow => flow.Transport == Transport.Tcp).Take(MostKept)];

    private static IEnumerable<Flow> Everything(Draft draft)
    {
        Place[] places = [.. draft.Places.Where(place => place.Talks)];
        string[] own = [.. draft.Node.Addresses.Distinct()];
        foreach (Place place in places)
        {
            bool isOnNode = place.Role is Role.Node or Role.Pod;
            foreach (Place other in places.Where(other => other != place && (isOnNode || other.Role is Role.Node or Role.Pod)))
            {
                foreach (Flow flow in other.Addresses.SelectMany(address => Ask(place, null, address, Server.Port, All)))
                {
                    yield return flow;
                }
            }

            foreach (Flow flow in draft.Services.Where(service => isOnNode || !service.Inside).SelectMany(service => Ask(place, null, service.Address, service.Port, Streams)))
            {
                yield return flow;
            }
        }

        foreach (string bind in own)
        {
            IEnumerable<string> others = places.Where(place => place != draft.Node).SelectMany(place => place.Addresses).Concat(own);
            foreach (Flow flow in others.SelectMany(address => Ask(draft.Node, bind, address, Server.Port, Streams)))
            {
                yield return flow;
            }
        }
    }

    private static IEnumerable<Flow> Ask(Place place, string? bind, string address, int port, Transport[] transports) =>
        from transport in transports
        let flow = new Flow(place.Name, bind, address, port, transport)
        where IsIpv6(bind ?? address) == flow.IsIpv6 && place.Addresses.Exists(own => IsIpv6(own) == flow.IsIpv6)
        select flow;

    private static bool IsIpv6(string address) => address.Contains(':', StringComparison.Ordinal);

    private static uint Rank(Flow flow, int seed)
    {
        uint hash = (uint)seed * 2654435761;
        foreach (char c in flow.ToString())
        {
            hash = (hash ^ c) * 16777619;
            hash ^= hash >> 13;
        }

        return hash;
    }
}
