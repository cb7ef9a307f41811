namespace CniSrcRoute.Harm;

/// <summary>What a place is to the node.</summary>
internal enum Role
{
    /// <summary>The node on which the program under test runs.</summary>
    Node,

    /// <summary>Forwards between a LAN of the node and the rest of the world.</summary>
    Router,

    /// <summary>A machine on one of the node's LANs, or behind its routers.</summary>
    Neighbour,

    /// <summary>A pod or container on the node.</summary>
    Pod,

    /// <summary>A pod on another node.</summary>
    RemotePod,
}
