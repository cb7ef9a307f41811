using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Planning;
using CniSrcRoute.Walk;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink;

/// <summary>Lists and changes links, addresses, rules and routes in the kernel (rtnetlink(7)).</summary>
public sealed class RouteNetlink
{
    private readonly Conversation _conversation;
    private readonly Batch _batch;

    /// <summary>Makes use of a transport.</summary>
    /// <param name="transport">Carries the datagrams; not disposed here.</param>
    public RouteNetlink(ITransport transport)
    {
        _conversation = new Conversation(transport);
        _batch = new Batch(_conversation);
    }

    /// <summary>Lists all devices.</summary>
    /// <returns>The devices in the order of their indices.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public List<Link> ListLinks() => _conversation.Dump<Link>(
        "RTM_GETLINK", Constants.RTM_GETLINK, (ref MessageWriter writer) => LinkCodec.EncodeRequest(ref writer, 0), LinkCodec.TryDecode);

    /// <summary>Lists all addresses of both families.</summary>
    /// <returns>The addresses in the kernel's order.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public List<Address> ListAddresses() => _conversation.Dump<Address>("RTM_GETADDR", Constants.RTM_GETADDR, AddressCodec.EncodeDump, AddressCodec.TryDecode);

    /// <summary>Lists the neighbours on all links, of both families.</summary>
    /// <returns>The neighbours in the kernel's order.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public List<Neighbour> ListNeighbours() =>
        _conversation.Dump<Neighbour>("RTM_GETNEIGH", Constants.RTM_GETNEIGH, NeighbourCodec.EncodeDump, NeighbourCodec.TryDecode);

    /// <summary>Lists the rules of one family.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <returns>The rules in the order in which they are asked; none where the kernel does not have the family.</returns>
    /// <exception cref="NetlinkException">The kernel refused; EOPNOTSUPP when it was built without policy routing.</exception>
    public List<Rule> ListRules(Family family)
    {
        try
        {
            return _conversation.Dump<Rule>(
                "RTM_GETRULE", Constants.RTM_GETRULE, (ref MessageWriter writer) => writer.Write(new RtMsg { Family = (byte)family }), RuleCodec.TryDecode);
        }
        catch (NetlinkException e) when (e.Errno == EAFNOSUPPORT || e.Errno == EOPNOTSUPP)
        {
            return family == Family.IPv6
                ? []
                : throw new NetlinkException("RTM_GETRULE", e.Errno, "this kernel has no policy routing (CONFIG_IP_MULTIPLE_TABLES)");
        }
    }

    /// <summary>Lists the routes of every table but local, of both families.</summary>
    /// <param name="large">Takes what of a large table main need not be kept as what it is; null to have it all.</param>
    /// <param name="relevant">Tells which routes are to be left out; null for none.</param>
    /// <returns>The other routes by their table, in the kernel's order.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public Dictionary<TableId, List<Route>> ListRoutes(LargeMain? large = null, RelevantRoutes? relevant = null)
    {
        var tables = new Dictionary<TableId, List<Route>>();
        var shared = new HashSet<Route>();
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            List<Route>? current = null;
            TableId currentId = default, main = new(family, TableId.Main);
            void Begin()
            {
                large?.Clear(family);
                relevant?.Clear(family);
                foreach (TableId id in new List<TableId>(tables.Keys))
                {
                    if (id.Family == family)
                    {
                        tables.Remove(id);
                    }
                }

                (current, currentId) = (null, default);
            }

            void Take(ReadOnlySpan<byte> payload)
            {
                if (large is not null && currentId == main && current!.Count >= large.Room && large.TryAdd(payload))
                {
                    return;
                }

                if (relevant is not null && RouteBrief.TryRead(payload, out RouteBrief brief) && !relevant.Keep(brief.Destination, brief.Kind))
                {
                    return;
                }

                if (!RouteCodec.TryDecode(payload, out TableId id, out Route route))
                {
                    return;
                }

                if (id != currentId)
                {
                    (current, currentId) = (tables.TryGetValue(id, out List<Route>? known) ? known : tables[id] = [], id);
                }

                // The copies of a route in many tables are one object. Which of its hops are dead is not compared, so such a route stays by itself.
                if (!route.HasDeadNexthops && !shared.Add(route))
                {
                    shared.TryGetValue(route, out route!);
                }

                current!.Add(route);
            }

            _conversation.Dump(
                "RTM_GETROUTE", Constants.RTM_GETROUTE, (ref MessageWriter writer) => writer.Write(new RtMsg { Family = (byte)family }), Begin, Take);
        }

        ExpandNexthopObjects(tables);
        return tables;
    }

    /// <summary>Lists the routes of the table local, of both families: the node's own addresses, and what else somebody has put there.</summary>
    /// <returns>The routes in the kernel's order.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public List<Route> ListLocalRoutes()
    {
        List<Route> routes = [];
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            int first = routes.Count;
            _conversation.Dump(
                "RTM_GETROUTE",
                Constants.RTM_GETROUTE,
                (ref MessageWriter writer) => writer.Write(new RtMsg { Family = (byte)family, Table = Constants.RT_TABLE_LOCAL }),
                () => routes.RemoveRange(first, routes.Count - first),
                payload =>
                {
                    // Without a strict check (before Linux 5.0) every table is listed.
                    if (RouteCodec.TryDecodeAny(payload, out TableId table, out Route route) && table.Number == TableId.Local)
                    {
                        routes.Add(route);
                    }
                });
        }

        return routes;
    }

    /// <summary>Asks the kernel for the route it would take: one answer, however many routes there are.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="source">An address of the node that the packet comes from; none for a packet that has no source yet.</param>
    /// <param name="table">The table it is in.</param>
    /// <param name="mark">The packet's mark; 0 for none.</param>
    /// <returns>The route as it is in the table; null when there is none.</returns>
    /// <exception cref="NetlinkException">The conversation failed.</exception>
    public Route? Lookup(IpAddress destination, IpAddress source, out TableId table, uint mark = 0)
    {
        ReadOnlySpan<byte> answer = _conversation.Ask(Constants.RTM_GETROUTE, (ref MessageWriter writer) =>
        {
            writer.Write(new RtMsg
            {
                Family = (byte)destination.Family,
                DestinationLength = (byte)destination.Bits,
                SourceLength = (byte)(source.IsSet ? source.Bits : 0),
                Flags = Constants.RTM_F_FIB_MATCH,
            });
            writer.Attribute(Constants.RTA_DST, destination);
            if (source.IsSet)
            {
                writer.Attribute(Constants.RTA_SRC, source);
            }

            if (mark != 0)
            {
                writer.Attribute(Constants.RTA_MARK, mark);
            }
        }, out _);

        // An error says that there is no way: unreachable, prohibited, blackholed.
        return RouteCodec.TryDecode(answer, out table, out Route route) ? route : null;
    }

    /// <summary>Asks for one device.</summary>
    /// <param name="index">ifi_index.</param>
    /// <returns>The device; null when there is none.</returns>
    /// <exception cref="NetlinkException">The conversation failed.</exception>
    public Link? GetLink(int index)
    {
        ReadOnlySpan<byte> answer = _conversation.Ask(Constants.RTM_GETLINK, (ref MessageWriter writer) => LinkCodec.EncodeRequest(ref writer, index), out _);
        return LinkCodec.TryDecode(answer, out Link link) ? link : null;
    }

    /// <summary>Writes routes and rules, many to a datagram. Every step is tried, whatever became of the ones before it.</summary>
    /// <param name="changes">The steps: <see cref="RouteChange"/> and <see cref="RuleChange"/>.</param>
    /// <returns>What the kernel refused, by the step's index. Removing what is gone is no refusal.</returns>
    /// <exception cref="NetlinkException">The conversation failed; what was not refused may or may not be done.</exception>
    public List<NetlinkError> Apply(IReadOnlyList<Change> changes) => _batch.Apply(changes);

    /// <summary>With net.ipv4.nexthop_compat_mode=0 the kernel lists a nexthop object's number without its next hops.</summary>
    private void ExpandNexthopObjects(Dictionary<TableId, List<Route>> tables)
    {
        Dictionary<uint, NexthopObject>? objects = null;
        foreach (List<Route> routes in tables.Values)
        {
            for (int i = 0; i < routes.Count; i++)
            {
                if (routes[i] is { NexthopId: not 0, IsReject: false, Nexthops.Count: 0 } route)
                {
                    objects ??= ListNexthopObjects();
                    routes[i] = objects.TryGetValue(route.NexthopId, out NexthopObject? named) ? route with { Nexthops = named.Expand(objects) } : route;
                }
            }
        }
    }

    private Dictionary<uint, NexthopObject> ListNexthopObjects()
    {
        List<NexthopObject> all =
            _conversation.Dump<NexthopObject>("RTM_GETNEXTHOP", Constants.RTM_GETNEXTHOP, NexthopCodec.EncodeDump, NexthopCodec.TryDecode);
        var objects = new Dictionary<uint, NexthopObject>(all.Count);
        foreach (NexthopObject item in all)
        {
            objects.Add(item.Id, item);
        }

        return objects;
    }
}
