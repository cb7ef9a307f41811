using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Netlink.Interop;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Netlink;

/// <summary>Lists and changes links, addresses, rules and routes in the kernel (rtnetlink(7)).</summary>
/// <param name="transport">The conversation; not disposed here.</param>
public sealed class RouteNetlink(ITransport transport)
{
    /// <summary>How often a dump that changed under way is begun again. Each try takes milliseconds; a node that changes more often than that is out of order.</summary>
    private const int DumpTries = 50;

    /// <summary>How many messages go into one datagram. Each may be answered by a refusal of about 1 KB in the kernel's accounting, which the receive queue must hold.</summary>
    private const int BatchMessages = 2048;

    private readonly byte[] _receive = new byte[64 << 10];
    private uint _sequence;

    private delegate bool Decoder<T>(ReadOnlySpan<byte> payload, out T item);

    private delegate void Encoder(ref MessageWriter writer);

    /// <summary>Lists all devices.</summary>
    /// <returns>The devices in the order of their indices.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public List<Link> ListLinks() => Dump<Link>("RTM_GETLINK", Constants.RTM_GETLINK, (ref MessageWriter writer) => LinkCodec.EncodeRequest(ref writer, 0), LinkCodec.TryDecode);

    /// <summary>Lists all addresses of both families.</summary>
    /// <returns>The addresses in the kernel's order.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public List<Address> ListAddresses() => Dump<Address>("RTM_GETADDR", Constants.RTM_GETADDR, AddressCodec.EncodeDump, AddressCodec.TryDecode);

    /// <summary>Lists the rules of one family.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <returns>The rules in the order in which they are asked; none where the kernel does not have the family.</returns>
    /// <exception cref="NetlinkException">The kernel refused; EOPNOTSUPP when it was built without policy routing.</exception>
    public List<Rule> ListRules(Family family)
    {
        try
        {
            return Dump<Rule>("RTM_GETRULE", Constants.RTM_GETRULE, (ref MessageWriter writer) => writer.Write(new RtMsg { Family = (byte)family }), RuleCodec.TryDecode);
        }
        catch (NetlinkException e) when (e.Errno is Constants.EAFNOSUPPORT or Constants.EOPNOTSUPP)
        {
            return family == Family.IPv6 ? [] : throw new NetlinkException("RTM_GETRULE", e.Errno, "this kernel has no policy routing (CONFIG_IP_MULTIPLE_TABLES)");
        }
    }

    /// <summary>Lists the routes of every table but local, of both families.</summary>
    /// <returns>The routes by their table, in the kernel's order.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public Dictionary<TableId, List<Route>> ListRoutes()
    {
        var tables = new Dictionary<TableId, List<Route>>();
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            List<Route>? current = null;
            TableId currentId = default;
            void Begin()
            {
                foreach (TableId id in tables.Keys.Where(id => id.Family == family).ToArray())
                {
                    tables.Remove(id);
                }

                (current, currentId) = (null, default);
            }

            void Take(ReadOnlySpan<byte> payload)
            {
                if (!RouteCodec.TryDecode(payload, out TableId id, out Route route))
                {
                    return;
                }

                if (id != currentId)
                {
                    (current, currentId) = (tables.TryGetValue(id, out List<Route>? known) ? known : tables[id] = [], id);
                }

                current!.Add(route);
            }

            Dump("RTM_GETROUTE", Constants.RTM_GETROUTE, (ref MessageWriter writer) => writer.Write(new RtMsg { Family = (byte)family }), Begin, Take);
        }

        ExpandNexthopObjects(tables);
        return tables;
    }

    /// <summary>Asks the kernel for the route it would take, from no particular source: one answer, however many routes there are.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="table">The table it stands in.</param>
    /// <returns>The route as it stands in the table; null when there is none.</returns>
    /// <exception cref="NetlinkException">The conversation failed.</exception>
    public Route? Lookup(IpAddress destination, out TableId table)
    {
        Span<byte> request = stackalloc byte[64];
        var writer = new MessageWriter(request);
        writer.Begin(Constants.RTM_GETROUTE, Constants.NLM_F_REQUEST, ++_sequence);
        writer.Write(new RtMsg { Family = (byte)destination.Family, DestinationLength = (byte)destination.Bits, Flags = Constants.RTM_F_FIB_MATCH });
        writer.Attribute(Constants.RTA_DST, destination);
        writer.End();
        transport.Send(request[..writer.Length]);

        // An error says that there is no way: unreachable, prohibited, blackholed.
        return RouteCodec.TryDecode(ReceiveAnswer(), out table, out Route route) ? route : null;
    }

    /// <summary>Asks for one device.</summary>
    /// <param name="index">ifi_index.</param>
    /// <returns>The device; null when there is none.</returns>
    /// <exception cref="NetlinkException">The conversation failed.</exception>
    public Link? GetLink(int index)
    {
        Span<byte> request = stackalloc byte[64];
        var writer = new MessageWriter(request);
        writer.Begin(Constants.RTM_GETLINK, Constants.NLM_F_REQUEST, ++_sequence);
        LinkCodec.EncodeRequest(ref writer, index);
        writer.End();
        transport.Send(request[..writer.Length]);
        return LinkCodec.TryDecode(ReceiveAnswer(), out Link link) ? link : null;
    }

    /// <returns>The payload of the one answer to a question; empty for an error.</returns>
    private ReadOnlySpan<byte> ReceiveAnswer()
    {
        while (true)
        {
            var reader = new MessageReader(_receive.AsSpan(0, transport.Receive(_receive)));
            while (reader.Next())
            {
                if (reader.Header.Sequence == _sequence)
                {
                    return reader.IsResult ? [] : reader.Payload;
                }
            }
        }
    }

    /// <summary>Writes routes and rules, many to a datagram. Every step is tried, whatever became of the ones before it.</summary>
    /// <param name="changes">The steps: <see cref="RouteChange"/> and <see cref="RuleChange"/>.</param>
    /// <returns>What the kernel refused, by the step's index. Removing what is gone is no refusal.</returns>
    /// <exception cref="NetlinkException">The conversation failed; what was not refused may or may not be done.</exception>
    public List<NetlinkError> Apply(IReadOnlyList<Change> changes)
    {
        var errors = new List<NetlinkError>();
        byte[] buffer = new byte[256 << 10];
        int next = 0;
        while (next < changes.Count)
        {
            int first = next;
            uint firstSequence = _sequence + 1;
            var writer = new MessageWriter(buffer);
            int last = 0;
            while (next < changes.Count && next - first < BatchMessages)
            {
                int start = writer.Length;
                Encode(ref writer, changes[next], _sequence + 1);
                if (writer.Overflowed && start > 0)
                {
                    writer.Rewind(start);
                    break;
                }

                if (writer.Overflowed)
                {
                    throw new NetlinkException("send", 0, "a single message is longer than a batch may be");
                }

                last = start;
                _sequence++;
                next++;
            }

            // Refusals come unasked; of the successes one is enough, that of the last message, behind which nothing more can come.
            buffer[last + 6] |= Constants.NLM_F_ACK;
            transport.Send(buffer.AsSpan(0, writer.Length));
            Collect(firstSequence, first, changes, errors);
        }

        return errors;
    }

    private static void Encode(ref MessageWriter writer, Change change, uint sequence)
    {
        int flags = Constants.NLM_F_REQUEST | change.Kind switch
        {
            ChangeKind.Add => Constants.NLM_F_CREATE | Constants.NLM_F_EXCL,
            ChangeKind.Replace => Constants.NLM_F_CREATE | Constants.NLM_F_REPLACE,
            _ => 0,
        };
        bool remove = change.Kind == ChangeKind.Remove;
        switch (change)
        {
            case RouteChange route:
                writer.Begin(remove ? Constants.RTM_DELROUTE : Constants.RTM_NEWROUTE, flags, sequence);
                RouteCodec.Encode(ref writer, route.Table, route.Route);
                break;
            case RuleChange rule:
                writer.Begin(remove ? Constants.RTM_DELRULE : Constants.RTM_NEWRULE, flags, sequence);
                RuleCodec.Encode(ref writer, rule.Rule);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change, "not a change of the kernel's");
        }

        writer.End();
    }

    private static bool IsGone(Change change, int errno) =>
        change.Kind == ChangeKind.Remove && errno is Constants.ESRCH or Constants.ENOENT or Constants.ENODEV;

    private void Collect(uint firstSequence, int first, IReadOnlyList<Change> changes, List<NetlinkError> errors)
    {
        while (true)
        {
            var reader = new MessageReader(_receive.AsSpan(0, transport.Receive(_receive)));
            while (reader.Next())
            {
                uint offset = reader.Header.Sequence - firstSequence;
                if (reader.Header.Type != Constants.NLMSG_ERROR || offset > _sequence - firstSequence)
                {
                    continue;
                }

                int index = first + (int)offset;
                if (reader.Errno != 0 && !IsGone(changes[index], reader.Errno))
                {
                    errors.Add(new NetlinkError(index, reader.Errno, reader.Words));
                }

                if (reader.Header.Sequence == _sequence)
                {
                    return;
                }
            }
        }
    }

    /// <summary>With net.ipv4.nexthop_compat_mode=0 the kernel lists a nexthop object's number without what it stands for.</summary>
    private void ExpandNexthopObjects(Dictionary<TableId, List<Route>> tables)
    {
        Dictionary<uint, NexthopObject>? objects = null;
        foreach (List<Route> routes in tables.Values)
        {
            for (int i = 0; i < routes.Count; i++)
            {
                if (routes[i] is { NexthopId: not 0, IsReject: false, Nexthops.Count: 0 } route)
                {
                    objects ??= Dump<NexthopObject>("RTM_GETNEXTHOP", Constants.RTM_GETNEXTHOP, NexthopCodec.EncodeDump, NexthopCodec.TryDecode).ToDictionary(item => item.Id);
                    routes[i] = objects.TryGetValue(route.NexthopId, out NexthopObject? named) ? route with { Nexthops = named.Expand(objects) } : route;
                }
            }
        }
    }

    private List<T> Dump<T>(string operation, int type, Encoder encode, Decoder<T> decode)
    {
        var items = new List<T>();
        Dump(operation, type, encode, items.Clear, payload =>
        {
            if (decode(payload, out T item))
            {
                items.Add(item);
            }
        });
        return items;
    }

    private void Dump(string operation, int type, Encoder encode, Action begin, Action<ReadOnlySpan<byte>> take)
    {
        Span<byte> request = stackalloc byte[64];
        for (int attempt = 0; attempt < DumpTries; attempt++)
        {
            var writer = new MessageWriter(request);
            writer.Begin(type, Constants.NLM_F_REQUEST | Constants.NLM_F_DUMP, ++_sequence);
            encode(ref writer);
            writer.End();
            transport.Send(request[..writer.Length]);
            begin();
            if (ReceiveDump(operation, take))
            {
                return;
            }
        }

        throw new NetlinkException(operation, Constants.EAGAIN, $"the list changed while it was read, {DumpTries} times in a row");
    }

    /// <returns>False when what was listed changed under way: nothing may be concluded from it.</returns>
    private bool ReceiveDump(string operation, Action<ReadOnlySpan<byte>> take)
    {
        bool consistent = true;
        while (true)
        {
            var reader = new MessageReader(_receive.AsSpan(0, transport.Receive(_receive)));
            while (reader.Next())
            {
                if (reader.Header.Sequence != _sequence || reader.Header.Type == Constants.NLMSG_NOOP)
                {
                    continue;
                }

                consistent &= (reader.Header.Flags & Constants.NLM_F_DUMP_INTR) == 0;
                if (reader.Header.Type == Constants.NLMSG_OVERRUN)
                {
                    throw new NetlinkException(operation, Constants.ENOBUFS);
                }

                if (reader.IsResult)
                {
                    return reader.Errno == 0 ? consistent : throw new NetlinkException(operation, reader.Errno, reader.Words);
                }

                take(reader.Payload);
            }
        }
    }
}
