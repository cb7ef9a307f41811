namespace CniSrcRoute.Netlink.Nftables;

/// <summary>A rule of nftables, or of iptables on top of it, that writes bits of marks.</summary>
/// <param name="Table">The table, with its family: "ip mangle".</param>
/// <param name="Chain">The chain.</param>
/// <param name="OfConnection">Whether it is the connection's mark, not the packet's.</param>
/// <param name="Bits">The bits that it may change.</param>
public sealed record MarkWrite(string Table, string Chain, bool OfConnection, uint Bits);
