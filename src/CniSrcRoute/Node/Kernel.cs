using System.Text;
using CniSrcRoute.Files;
using CniSrcRoute.Firewall;
using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Events;
using CniSrcRoute.Netlink.Nftables;
using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;
using CniSrcRoute.Processes;
using CniSrcRoute.Xtables;

namespace CniSrcRoute.Node;

/// <summary>The conversations with the kernel that a round takes: one with routing, and one with nftables where the kernel has it.</summary>
internal sealed class Kernel : IDisposable
{
    /// <summary>The names of iptables-legacy's tables are five at most.</summary>
    private const int NamesLimit = 4096;

    private readonly NetlinkSocket _socket = new();
    private NetlinkSocket? _netfilter;
    private NetlinkSocket? _sockets;
    private bool? _knowsWildcardSockets;
    private NftNetlink? _nftables;

    public Kernel() => Routing = new RouteNetlink(_socket);

    /// <summary>Links, addresses, rules and routes.</summary>
    public RouteNetlink Routing { get; }

    /// <summary>The address of the socket of our changes of routes and rules.</summary>
    public uint PortId => _socket.PortId;

    /// <summary>Reads our nftables table, or why it cannot be had.</summary>
    /// <param name="needsSockets">Whether it matters now what the kernel knows of sockets that are bound to no address.</param>
    public NftablesState ReadNftables(bool needsSockets)
    {
        try
        {
            NftTable? table = Nftables().Read();
            return new NftablesState(table) { KnowsWildcardSockets = KnowsWildcardSockets(table, needsSockets) };
        }
        catch (NetlinkException e)
        {
            return Privilege.CanAdministerNetwork
                ? new NftablesState(null, $"nftables does not answer ({e.Message})")
                : new NftablesState(null, "nftables can be read with CAP_NET_ADMIN alone", IsHidden: true);
        }
    }

    /// <summary>The UDP ports whose requests have to keep their address; null where they cannot be told.</summary>
    public UdpPorts? ReadUdpPorts()
    {
        try
        {
            // What clients have got from the kernel comes and goes.
            IReadOnlyList<UdpSocket> sockets = UdpSockets.ListPeculiar(_sockets ??= NetlinkSocket.OfSockDiag());
            LocalPorts? ports = sockets.All(socket => socket.IsKernels) ? null : LocalPorts.Read();
            List<ushort> kept = [];
            List<(IpAddress, ushort)> bound = [];
            foreach (UdpSocket socket in sockets.Where(socket => socket.IsKernels || ports!.IsServers(socket.Port)))
            {
                if (socket.Address.IsSet)
                {
                    bound.Add((socket.Address, socket.Port));
                }
                else
                {
                    kept.Add(socket.Port);
                }
            }

            return new UdpPorts([.. kept.Distinct().Order()], bound);
        }
        catch (NetlinkException)
        {
            return null;
        }
    }

    /// <summary>The rules of others that write marks; none of nftables where it cannot be read.</summary>
    /// <param name="obstacle">Why the tables of iptables-legacy cannot be read; null when they can, or there are none.</param>
    public IReadOnlyList<MarkWrite> ReadMarkWrites(out string? obstacle)
    {
        List<MarkWrite> writes = [];
        obstacle = null;
        try
        {
            writes = Nftables().ListMarkWrites();
        }
        catch (NetlinkException)
        {
            // Where our table is read, the same obstacle is reported.
        }

        try
        {
            foreach ((Family family, string table) in LegacyNames())
            {
                writes.AddRange(LegacyTables.ListMarkWrites(family, table));
            }
        }
        catch (Exception e) when (e is NetlinkException or IOException or UnauthorizedAccessException)
        {
            obstacle = e.Message;
        }

        return writes;
    }

    /// <summary>The rules of others that ask what UDP packets for the node are for; none where they cannot be read.</summary>
    public IReadOnlyList<DestinationRule> ReadDestinationRules()
    {
        List<DestinationRule> rules = [];
        AddWhereReadable(() => Nftables().ListDestinationRules());
        AddWhereReadable(() => LegacyNames().Where(one => one.Table != "raw").SelectMany(one => LegacyTables.ListDestinationRules(one.Family, one.Table)));
        return rules;

        void AddWhereReadable(Func<IEnumerable<DestinationRule>> read)
        {
            try
            {
                rules.AddRange(read());
            }
            catch (Exception e) when (e is NetlinkException or IOException or UnauthorizedAccessException)
            {
                // Where our table is read, or marks of iptables-legacy are, the same obstacle is reported.
            }
        }
    }

    /// <summary>The chains of others that the kernel calls; none where they cannot be read.</summary>
    public IReadOnlyList<BaseChain> ReadBaseChains()
    {
        try
        {
            return Nftables().ListBaseChains();
        }
        catch (NetlinkException)
        {
            return [];
        }
    }

    /// <summary>The rules of others that drop whatever comes; none where they cannot be read.</summary>
    public IReadOnlyList<DroppingRule> ReadDroppingRules()
    {
        try
        {
            return Nftables().ListDroppingRules();
        }
        catch (NetlinkException)
        {
            return [];
        }
    }

    /// <summary>What others keep from being tracked; nothing where that cannot be read.</summary>
    /// <param name="others">The chains of others that the kernel calls.</param>
    public Untracking ReadUntracking(IReadOnlyList<BaseChain> others)
    {
        List<TrackChain> chains = [];
        try
        {
            chains.AddRange(Nftables().ListTrackChains(others));
            foreach ((Family family, string table) in LegacyNames().Where(one => one.Table == "raw"))
            {
                chains.AddRange(LegacyTables.ListTrackChains(family, table));
            }
        }
        catch (Exception e) when (e is NetlinkException or IOException or UnauthorizedAccessException)
        {
            // Where our table is read, or marks of iptables-legacy are, the same obstacle is reported.
        }

        return new Untracking(chains);
    }

    /// <summary>The connections that the kernel tracks; none where they cannot be listed.</summary>
    public IReadOnlyList<Connection> ReadConnections()
    {
        try
        {
            return new ConnectionNetlink(Netfilter()).List();
        }
        catch (NetlinkException)
        {
            return [];
        }
    }

    /// <summary>The connections of the node's own sockets, where the kernel tracks none; none where they cannot be listed.</summary>
    public IReadOnlyList<Connection> ReadUntrackedConnections()
    {
        try
        {
            IReadOnlySet<ushort> listening = ConnectionSockets.ListListening(_sockets ??= NetlinkSocket.OfSockDiag());
            var ports = LocalPorts.Read();
            return
            [
                .. ReadConnectionSockets(withUsers: true).Where(socket => socket.Local.IsSet && socket.Remote.IsSet)
                    .Select(socket => Connection.Of(socket, isOwn: socket.Protocol == 6 ? !listening.Contains(socket.LocalPort) : !ports.IsServers(socket.LocalPort))),
            ];
        }
        catch (NetlinkException)
        {
            return [];
        }
    }

    /// <summary>How many replies have left by another card than their request came in by; null where they are not counted.</summary>
    public ulong? CountMisdirected()
    {
        try
        {
            return Nftables().Count();
        }
        catch (NetlinkException)
        {
            return null;
        }
    }

    /// <summary>The sockets of connections; none where they cannot be listed.</summary>
    /// <param name="withUsers">Whether it matters whose they are.</param>
    public IReadOnlyList<ConnectionSocket> ReadConnectionSockets(bool withUsers)
    {
        try
        {
            return ConnectionSockets.List(_sockets ??= NetlinkSocket.OfSockDiag(), withUsers);
        }
        catch (NetlinkException)
        {
            return [];
        }
    }

    /// <summary>Begins to listen to changes of nftables.</summary>
    /// <returns>Hears of them; null where there is no nftables.</returns>
    public NftablesEventSource? ListenToNftables()
    {
        try
        {
            return new NftablesEventSource(Netfilter().PortId);
        }
        catch (NetlinkException)
        {
            // The same obstacle is met, and reported, when our table is read.
            return null;
        }
    }

    /// <summary>Makes our nftables table, or removes it.</summary>
    /// <exception cref="NetlinkException">The kernel refused, and nothing has changed.</exception>
    public void Write(NftTable? table) => Nftables().Replace(table);

    /// <summary>Marks connections that have no mark of ours.</summary>
    /// <exception cref="NetlinkException">The kernel refused; some may have their mark.</exception>
    public void Mark(ConnectionsChange change)
    {
        var tracked = new ConnectionNetlink(Netfilter());
        foreach (Connection connection in tracked.List())
        {
            if (change.MarkOf(connection) is { } mark)
            {
                tracked.SetMark(connection, mark, change.Mask);
            }
        }
    }

    /// <summary>Gives connections the marks, in our bits, that they had before.</summary>
    /// <exception cref="NetlinkException">The kernel refused; some may have theirs.</exception>
    public void Unmark(UnmarkingChange change)
    {
        var tracked = new ConnectionNetlink(Netfilter());
        foreach (Connection connection in tracked.List())
        {
            if (connection.HasPorts && (connection.Mark & change.Mask) != 0)
            {
                uint mark = change.Before.FirstOrDefault(connection.IsSameAs)?.Mark ?? 0;
                tracked.SetMark(connection, mark & change.Mask, change.Mask);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _netfilter?.Dispose();
        _sockets?.Dispose();
        _socket.Dispose();
    }

    /// <summary>The tables of iptables-legacy that there are.</summary>
    private static IEnumerable<(Family Family, string Table)> LegacyNames()
    {
        foreach ((Family family, string path) in ((Family, string)[])[(Family.IPv4, "/proc/self/net/ip_tables_names"), (Family.IPv6, "/proc/self/net/ip6_tables_names")])
        {
            using InputFile? file = InputFile.TryOpen(path);
            foreach (string table in Encoding.UTF8.GetString(file?.TryRead(NamesLimit) ?? []).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                yield return (family, table);
            }
        }
    }

    /// <summary>
    /// Asks once: a kernel does not learn it. The question takes 15 ms, so it is asked where it matters alone, and a table that has made use of it is an answer
    /// as well.
    /// </summary>
    private bool KnowsWildcardSockets(NftTable? table, bool matters)
    {
        if (_knowsWildcardSockets is null && (matters || table?.AsksForWildcardSockets == true))
        {
            _knowsWildcardSockets = table?.AsksForWildcardSockets == true ||
                (Privilege.CanAdministerNetwork && Nftables().Takes(NftRule.Of(NftStatement.HasWildcardSocket)));
        }

        return _knowsWildcardSockets == true;
    }

    private NftNetlink Nftables() => _nftables ??= new NftNetlink(Netfilter());

    private NetlinkSocket Netfilter() => _netfilter ??= NetlinkSocket.OfNetfilter();
}
