namespace CniSrcRoute.Nftables;

/// <summary>A rule of nftables, of iptables on top of it, or of iptables-legacy, that writes bits of marks.</summary>
/// <param name="Table">The table, with its family: "ip mangle".</param>
/// <param name="Chain">The chain.</param>
/// <param name="Packet">What it may do to the packet's mark.</param>
/// <param name="Connection">What it may do to the connection's mark.</param>
/// <param name="IsIptables">Whether it is a rule of iptables, as iptables(8) shows it.</param>
/// <param name="IsLegacy">Whether the table is one of iptables-legacy, which nft(8) does not show.</param>
public sealed record MarkWrite(string Table, string Chain, MarkBits Packet, MarkBits Connection, bool IsIptables = false, bool IsLegacy = false)
{
    /// <summary>Whether it is the connection's mark alone.</summary>
    public bool OfConnection => Packet.All == 0;

    /// <summary>The bits that it may change: of the packet's mark, or else of the connection's.</summary>
    public uint Bits => OfConnection ? Connection.All : Packet.All;

    /// <summary>Where it stands.</summary>
    public string Place => $"{(IsLegacy ? "iptables-legacy" : "nftables")} table {Table}, chain {Chain}";
}
