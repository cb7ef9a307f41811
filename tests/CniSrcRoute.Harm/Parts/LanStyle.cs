namespace CniSrcRoute.Harm.Parts;

/// <summary>How the node's card in a LAN has its IPv4 address.</summary>
internal enum LanStyle
{
    /// <summary>In a /24.</summary>
    Plain,

    /// <summary>In a /8, in which other networks lie.</summary>
    Large,

    /// <summary>In a /31.</summary>
    PointToPoint,

    /// <summary>A /32; the router is off the link.</summary>
    Host,

    /// <summary>In a /24 whose route NetworkManager made itself.</summary>
    NoPrefixRoute,

    /// <summary>The card has no address of the LAN, but a virtual one.</summary>
    AddressAlone,

    /// <summary>In a /24 on a bridge with the card in it.</summary>
    Bridge,
}
