using CniSrcRoute.Linux;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Node;

/// <summary>Reads the node's state in one pass.</summary>
internal static class StateReader
{
    /// <param name="kernel">The kernel.</param>
    /// <param name="remembered">What our file of table names should hold; for who may not write it.</param>
    /// <param name="withLocal">Whether the table local is read as well, which plans do not need.</param>
    public static NodeState Read(Kernel kernel, string remembered = "", bool withLocal = false)
    {
        List<string> refused = [];
        return new()
        {
            // Routes first: a card that a route names is then in the list of cards, unless it is gone again.
            Tables = kernel.Routing.ListRoutes(),
            Local = withLocal ? kernel.Routing.ListLocalRoutes() : null,
            Rules = [.. kernel.Routing.ListRules(Family.IPv4), .. kernel.Routing.ListRules(Family.IPv6)],
            Links = kernel.Routing.ListLinks(),
            Addresses = kernel.Routing.ListAddresses(),
            Nftables = kernel.ReadNftables(),
            KeptUdpPorts = kernel.ReadKeptUdpPorts(),
            AllCards = NodeFiles.ReadAllCardsConf(),
            SrcValidMarkIsOurs = NodeFiles.SrcValidMarkIsOurs,
            SysctlsAreReadOnly = Privilege.IsReadOnly(NodeFiles.PathOf(ReversePath.SrcValidMark)),
            ForeignTableNames = NodeFiles.ReadForeignTableNames(refused),
            TableNamesFile = NodeFiles.ReadNames(NamesFileKind.Tables, refused),
            Remembered = remembered,
            ProtocolNamesFile = NodeFiles.ReadNames(NamesFileKind.Protocols, refused),
            FlannelNetworks = NodeFiles.ReadFlannelNetworks(refused),
            RefusedFiles = refused,
        };
    }
}
