using CniSrcRoute.Netlink;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Node;

/// <summary>Reads the node's state in one pass.</summary>
internal static class StateReader
{
    public static NodeState Read(RouteNetlink kernel) => new()
    {
        // Routes first: a card that a route names is then in the list of cards, unless it is gone again.
        Tables = kernel.ListRoutes(),
        Rules = [.. kernel.ListRules(Family.IPv4), .. kernel.ListRules(Family.IPv6)],
        Links = kernel.ListLinks(),
        Addresses = kernel.ListAddresses(),
        ForeignTableNames = NodeFiles.ReadForeignTableNames(),
        TableNamesFile = NodeFiles.ReadNames(NamesFileKind.Tables),
        ProtocolNamesFile = NodeFiles.ReadNames(NamesFileKind.Protocols),
        FlannelNetworks = NodeFiles.ReadFlannelNetworks(),
    };
}
