namespace CniSrcRoute.Netlink.Nftables;

/// <summary>A rule of nftables, of iptables on top of it, or of iptables-legacy, that writes bits of marks.</summary>
/// <param name="Table">The table, with its family: "ip mangle".</param>
/// <param name="Chain">The chain.</param>
/// <param name="OfConnection">Whether it is the connection's mark, not the packet's.</param>
/// <param name="Bits">The bits that it may change.</param>
/// <param name="IsIptables">Whether it is a rule of iptables, as iptables(8) shows it.</param>
/// <param name="IsLegacy">Whether the table is one of iptables-legacy, which nft(8) does not show.</param>
public sealed record MarkWrite(string Table, string Chain, bool OfConnection, uint Bits, bool IsIptables = false, bool IsLegacy = false);
