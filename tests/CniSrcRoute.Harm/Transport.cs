namespace CniSrcRoute.Harm;

/// <summary>What a flow is made of.</summary>
internal enum Transport
{
    Tcp,
    Udp,

    /// <summary>Echo requests, by ICMP or ICMPv6.</summary>
    Echo,
}
