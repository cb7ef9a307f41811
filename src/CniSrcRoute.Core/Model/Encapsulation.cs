namespace CniSrcRoute;

/// <summary>A light-weight tunnel of a next hop (&lt;linux/lwtunnel.h&gt;), copied without being understood.</summary>
/// <param name="Type">RTA_ENCAP_TYPE, a LWTUNNEL_ENCAP_ number.</param>
/// <param name="Value">The payload of RTA_ENCAP.</param>
public sealed record Encapsulation(ushort Type, OpaqueBytes Value);
