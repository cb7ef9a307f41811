namespace CniSrcRoute.Planning;

/// <summary>Where a card leads.</summary>
internal enum CardRole
{
    /// <summary>Not an uplink: loopback, a dummy that holds addresses, a port of another device, a tunnel that is down.</summary>
    Nothing,

    /// <summary>To the world.</summary>
    World,

    /// <summary>To pods, containers or virtual machines of this node, or by a tunnel to those of other nodes.</summary>
    Containers,
}
