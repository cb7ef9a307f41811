namespace CniSrcRoute.Firewall;

/// <summary>Where a byte that a rule looks at comes from.</summary>
public enum Origin
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

    /// <summary>The name of the card that the packet came in by.</summary>
    CardName,

    /// <summary>The index of that card.</summary>
    CardIndex,

    /// <summary>What has been done to the connection.</summary>
    Status,

    /// <summary>The source address.</summary>
    Source,

    /// <summary>The source port.</summary>
    SourcePort,

    /// <summary>The name of the card that the packet leaves by.</summary>
    OutName,

    /// <summary>The index of that card.</summary>
    OutIndex,

    /// <summary>Zeros behind something shorter than a register.</summary>
    Padding,
}
