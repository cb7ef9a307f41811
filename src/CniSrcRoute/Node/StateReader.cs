using CniSrcRoute.Configuration;
using CniSrcRoute.Netlink;
using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;
using CniSrcRoute.Processes;
using CniSrcRoute.Walk;

namespace CniSrcRoute.Node;

/// <summary>Reads the node's state in one pass.</summary>
internal static class StateReader
{
    /// <summary>Reads what a plan depends on: of a large table main the part that is our business.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="config">The configuration; null to desire nothing.</param>
    /// <param name="remembered">What our file of table names should hold; for who may not write it.</param>
    public static NodeState Read(Kernel kernel, Config? config, string remembered = "")
    {
        var large = new LargeMain();
        return large.Complete(config ?? new Config(), Read(kernel, config, large) with { Remembered = remembered });
    }

    /// <summary>Reads all there is, the table local as well.</summary>
    /// <param name="kernel">The kernel.</param>
    public static NodeState ReadWhole(Kernel kernel) => Read(kernel, new Config(), large: null) with { Local = kernel.Routing.ListLocalRoutes() };

    /// <summary>Reads the table local as well, and of the other tables what matters to the ways to some destinations.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="addresses">The destinations, beside the node's own addresses.</param>
    public static NodeState ReadFor(Kernel kernel, IEnumerable<IpAddress> addresses)
    {
        var destinations = new Destinations(addresses.Concat(kernel.Routing.ListAddresses().Select(address => address.Local)));
        return Read(kernel, new Config(), large: null, new RelevantRoutes(destinations)) with { Local = kernel.Routing.ListLocalRoutes() };
    }

    /// <summary>Reads the table local, and what of main leads to some addresses, in addition.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="state">What a plan depends on.</param>
    /// <param name="addresses">The addresses. They are not looked at where all of main is known.</param>
    public static NodeState WithRoutesTo(Kernel kernel, NodeState state, Func<IReadOnlyCollection<IpAddress>> addresses)
    {
        state = state with { Local = kernel.Routing.ListLocalRoutes() };
        if (state.Passed.Count == 0)
        {
            return state;
        }

        var large = new LargeMain();
        return large.WithRoutesTo(state with { Tables = kernel.Routing.ListRoutes(large) }, addresses());
    }

    private static NodeState Read(Kernel kernel, Config? config, LargeMain? large, RelevantRoutes? relevant = null)
    {
        List<string> refused = [];
        var state = new NodeState
        {
            // Routes first: a card that a route names is then in the list of cards, unless it is gone again.
            Tables = kernel.Routing.ListRoutes(large, relevant),
            Rules = [.. kernel.Routing.ListRules(Family.IPv4), .. kernel.Routing.ListRules(Family.IPv6)],
            Links = kernel.Routing.ListLinks(),
            Addresses = kernel.Routing.ListAddresses(),
            UdpPorts = kernel.ReadUdpPorts(),
            AllCards = NodeFiles.ReadAllCardsConf(),
            SrcValidMarkIsOurs = NodeFiles.SrcValidMarkIsOurs,
            SysctlsAreReadOnly = Privilege.IsReadOnly(NodeFiles.PathOf(ReversePath.SrcValidMark)),
            ForeignTableNames = NodeFiles.ReadForeignTableNames(refused),
            TableNamesFile = NodeFiles.ReadNames(NamesFileKind.Tables, refused),
            ProtocolNamesFile = NodeFiles.ReadNames(NamesFileKind.Protocols, refused),
            FlannelNetworks = NodeFiles.ReadFlannelNetworks(refused),
            RefusedFiles = refused,
        };
        bool helpsUdp = config is not null && UdpTable.IsWanted(config, state);
        NftablesState nftables = kernel.ReadNftables(needsSockets: helpsUdp);
        return state with { Nftables = nftables, DestinationRules = helpsUdp && nftables.KnowsWildcardSockets ? kernel.ReadDestinationRules() : null };
    }
}
