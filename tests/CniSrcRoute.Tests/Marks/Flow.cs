namespace CniSrcRoute.Tests.Marks;

/// <summary>Requests of one client for one address of the node, and the way by which their answers have to leave it.</summary>
/// <param name="From">Where the client is.</param>
/// <param name="To">The address it asks for.</param>
/// <param name="Way">The card, and the end of the hardware address of whom it is given to: 01 and fe are the gateway's, 64 the client's, 65 node2's.</param>
/// <param name="UsualWay">The way that main knows back to the client.</param>
internal sealed record Flow(string From, string To, string Way, string UsualWay)
{
    /// <summary>The flows of a family: from the links of both cards, and from beyond the gateway, to the address of either card.</summary>
    public static Flow[] Of(bool ipv6) => ipv6 ? Between(Neighbourhood.Office6, Neighbourhood.Dmz6) : Between(Neighbourhood.Office4, Neighbourhood.Dmz4);

    /// <summary>The same to addresses that are on no card, and come in by both.</summary>
    public static Flow[] External(bool ipv6) =>
        ipv6 ? Between(Neighbourhood.External6, Neighbourhood.ExternalDmz6) : Between(Neighbourhood.External4, Neighbourhood.ExternalDmz4);

    private static Flow[] Between(string office, string dmz) =>
    [
        new("client", office, "eth0 01", "eth1 64"),
        new("client", dmz, "eth1 64", "eth1 64"),
        new("node2", office, "eth0 65", "eth0 65"),
        new("node2", dmz, "eth1 fe", "eth0 65"),
        new("far", office, "eth0 01", "eth0 01"),
        new("far", dmz, "eth1 fe", "eth0 01"),
    ];
}
