namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Where a byte in a register comes from.</summary>
internal enum Origin
{
    /// <summary>Something that does not matter here.</summary>
    Other,

    /// <summary>The destination address.</summary>
    Destination,

    /// <summary>The destination port.</summary>
    Port,

    /// <summary>The protocol in the IP packet.</summary>
    Protocol,

    /// <summary>The family, as NFPROTO_.</summary>
    Family,

    /// <summary>The family, as ETH_P_.</summary>
    EtherType,

    /// <summary>The name of the card that the packet came in by, or its index.</summary>
    CardName,
    CardIndex,

    /// <summary>What has been done to the connection.</summary>
    Status,
}
