using CniSrcRoute.Planning;

namespace CniSrcRoute.Walk;

/// <summary>
/// Finds the connections that a first plan would take off their way. The plan is made so that there are none but those of programs which have bound
/// themselves to a source, and replies that leave by a card they did not come in by; this is the proof on the very node.
/// </summary>
public sealed class Interlock
{
    private readonly Fib _before;
    private readonly Fib _after;
    private readonly MarkProgram? _marks;
    private readonly uint _mask;
    private readonly OwnAddresses _own;
    private readonly SocketIndex _sockets;
    private readonly ConnectionsChange? _given;

    /// <summary>Those that keep their way: the next connection that no rule can tell from one of them keeps it as well. Null where rules look at ports or users.</summary>
    private readonly HashSet<Alike>? _kept;

    private Interlock(NodeState state, DesiredState desired, Plan plan, IReadOnlyList<ConnectionSocket> sockets)
    {
        NodeState after = AfterPlan.Of(state, plan);
        (_before, _after, _mask) = (new Fib(state) { TellsSteps = false }, new Fib(after) { TellsSteps = false }, desired.MarkMask.Value);
        _marks = after.Nftables.Table is { } table ? new MarkProgram(table, _after, after) : null;
        (_own, _sockets) = (new OwnAddresses(state), new SocketIndex(sockets));
        _given = plan.Changes.OfType<ConnectionsChange>().FirstOrDefault();
        _kept = _before.LooksAtPortsOrUsers || _after.LooksAtPortsOrUsers ? null : [];
    }

    /// <summary>Compares the ways.</summary>
    /// <param name="state">The node as it is, with its table local.</param>
    /// <param name="desired">What the plan is to reach.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="connections">What the kernel tracks.</param>
    /// <param name="sockets">The ends of connections that are the node's own, which may be bound to a card, marked, or a user's for whom there is a rule.</param>
    /// <returns>The established connections whose packets would leave by another card, or not at all.</returns>
    public static List<Diversion> Find(NodeState state, DesiredState desired, Plan plan, IReadOnlyList<Connection> connections, IReadOnlyList<ConnectionSocket> sockets)
    {
        var interlock = new Interlock(state, desired, plan, sockets);
        List<Diversion> diverted = [];
        foreach (Connection connection in connections)
        {
            // An echo request opens nothing, and unanswered it goes nowhere anyhow. The card of a link-local address is not known here, and none of our rules is for one.
            if (connection is { IsAnswered: true, HasEnded: false, Protocol: not (1 or 58) } && !IsOfLink(connection.OpenedBy) && !IsOfLink(connection.AnsweredBy) &&
                interlock.Compare(connection) is { } diversion)
            {
                diverted.Add(diversion);
            }
        }

        return diverted;
    }

    /// <summary>The addresses that ways are asked for.</summary>
    /// <param name="connections">What the kernel tracks.</param>
    /// <returns>The ends of the connections.</returns>
    public static IReadOnlyCollection<IpAddress> Addresses(IReadOnlyList<Connection> connections)
    {
        HashSet<IpAddress> addresses = [];
        foreach (Connection connection in connections)
        {
            addresses.Add(connection.OpenedBy);
            addresses.Add(connection.OpenedTo);
            addresses.Add(connection.AnsweredBy);
        }

        return addresses;
    }

    private static bool IsOfLink(IpAddress address) => address is { Family: Family.IPv6, IsLinkLocal: true };

    private Diversion? Compare(Connection connection)
    {
        bool isOwn = _own.Contains(connection.OpenedBy);
        ConnectionSocket socket = isOwn
            ? _sockets.Find(connection.Protocol, connection.OpenedBy, connection.OpenedFromPort, connection.OpenedTo, connection.Port)
            : _sockets.Find(connection.Protocol, connection.AnsweredBy, connection.AnsweringPort, connection.OpenedBy, connection.OpenedFromPort);
        var alike = new Alike(
            connection.Protocol, connection.OpenedBy, connection.OpenedTo, connection.AnsweredBy, connection.IsDestinationTranslated, connection.Mark, socket.Card, socket.Mark);
        if (_kept?.Contains(alike) ?? false)
        {
            return null;
        }

        Diversion? diversion = Compare(connection, isOwn, socket);
        if (diversion is null)
        {
            _kept?.Add(alike);
        }

        return diversion;
    }

    private Diversion? Compare(Connection connection, bool isOwn, ConnectionSocket socket)
    {
        bool isAnsweredHere = _own.Contains(connection.AnsweredBy);

        // What is handed on meets none of our rules without a mark, which a connection has from somebody else if at all.
        bool isMarked = (connection.Mark & _mask) != 0;
        if (isOwn ? isAnsweredHere : !isAnsweredHere && !isMarked)
        {
            return null;
        }

        Flow flow = isOwn
            ? Of(connection.AnsweredBy, connection.AnsweringPort, connection.OpenedBy, connection.OpenedFromPort, connection)
            : Of(connection.OpenedBy, connection.OpenedFromPort, connection.AnsweredBy, connection.AnsweringPort, connection);
        flow = isOwn || isAnsweredHere
            ? flow with { IsOfSocket = true, Oif = socket.Card, Mark = socket.Mark, User = socket.User }
            : flow with { Iif = CardTo(connection.AnsweredBy) };
        Way before = _before.Find(flow);
        if (!before.Leaves)
        {
            return null;
        }

        uint mark = _given?.MarkOf(connection) is { } given ? (connection.Mark & ~_mask) | given : connection.Mark;
        bool isChanged = (mark & _mask) != 0 || connection.IsDestinationTranslated || (flow.Mark & _mask) != 0;
        Way after = _after.Find(isChanged ? Marked(connection, mark, flow, isReply: !isOwn) : flow);
        return HasSameCards(before, after) ? null : new Diversion(connection, isOwn, before, after);
    }

    private static Flow Of(IpAddress to, ushort port, IpAddress from, ushort fromPort, Connection connection) => new()
    {
        Destination = to,
        DestinationPort = port,
        Source = from,
        SourcePort = fromPort,
        Protocol = connection.Protocol,
    };

    /// <summary>The mark that our nftables table will give to a packet of a connection which is older than it.</summary>
    private Flow Marked(Connection connection, uint mark, Flow flow, bool isReply) => _marks is null ? flow : _marks.Run(
        flow.IsOutput ? MarkProgram.Output : MarkProgram.Prerouting,
        new Tracked
        {
            Flow = flow,
            OpenedTo = connection.OpenedTo,
            OpenedBy = connection.OpenedBy,
            IsReply = isReply,
            IsTranslated = connection.IsDestinationTranslated,
            ConnectionMark = mark,
        }).Flow;

    private int CardTo(IpAddress address)
    {
        Way way = _before.Find(new Flow { Destination = address });
        return way.Leaves ? way.Hops[0].Oif : 0;
    }

    private static bool HasSameCards(Way one, Way other) =>
        ReferenceEquals(one.Hops, other.Hops) || (other.Leaves && IsWithin(one, other) && IsWithin(other, one));

    /// <summary>Whether every card of the one way is one of the other's.</summary>
    private static bool IsWithin(Way one, Way other)
    {
        foreach (Nexthop hop in one.Hops)
        {
            bool isFound = false;
            foreach (Nexthop candidate in other.Hops)
            {
                isFound |= candidate.Oif == hop.Oif;
            }

            if (!isFound)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What rules and our nftables table see of the packets of a connection that stands, ports and users aside. The table looks at ports of first packets alone.</summary>
    private readonly record struct Alike(
        byte Protocol, IpAddress OpenedBy, IpAddress OpenedTo, IpAddress AnsweredBy, bool IsTranslated, uint Mark, int SocketCard, uint SocketMark);
}
