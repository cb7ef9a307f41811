using static CniSrcRoute.Nftables.NftExpression;

namespace CniSrcRoute.Nftables;

/// <content>Parts for servers that answer datagrams.</content>
public sealed partial record NftStatement
{
    private static readonly NftCondition HasUdp = new(new Load(Packet.Name, Packet.TransportProtocol), new Compare(Equal, Bytes(17)));

    /// <summary>"meta l4proto udp".</summary>
    public static NftStatement IsUdp => new("meta l4proto udp", [], HasUdp);

    /// <summary>"socket wildcard 1": the socket that is to receive the packet is bound to no address (NFT_SOCKET_WILDCARD, Linux 5.12).</summary>
    public static NftStatement HasWildcardSocket => new("socket wildcard 1", [new Socket(2), new Compare(Equal, Bytes(1))]);

    /// <summary>The datagram is for a port in a set.</summary>
    public static NftStatement IsForPort(NftSet set) => new($"udp dport @{set.Name}", [new Payload(2, 2, 2), new Lookup(set.Name, 0)], HasUdp);

    /// <summary>The datagram is for a port that is not in a set.</summary>
    public static NftStatement IsNotForPort(NftSet set) => new($"udp dport != @{set.Name}", [new Payload(2, 2, 2), new Lookup(set.Name, 1)], HasUdp);

    /// <summary>Goes where a map has the packet's source, if it has it.</summary>
    public static NftStatement SourceTo(Family family, NftSet map) => new($"{Ip(family)} saddr vmap @{map.Name}", [Source(family), new Map(map.Name, 0)], Has(family));

    /// <summary>
    /// Goes where a map has the card that an answer would leave by, if it has it (NFT_FIB_RESULT_OIF for NFTA_FIB_F_SADDR and MARK): the routing tables are asked
    /// with the packet's mark.
    /// </summary>
    public static NftStatement AnswerCardTo(NftSet map) => new($"fib saddr . mark oif vmap @{map.Name}", [new Fib(1, 1 | 4), new Map(map.Name, 0)]);

    /// <summary>
    /// The routing tables, asked with the packet's mark, would send an answer out by the card that the packet came in by (NFTA_FIB_F_SADDR, MARK and IIF,
    /// PRESENT).
    /// </summary>
    public static NftStatement WouldBeAnsweredByItsCard =>
        new("fib saddr . mark . iif oif exists", [new Fib(1, 1 | 4 | 8 | 32), new Compare(Equal, Yes(true))]);

    /// <summary>Translates the connection's destination.</summary>
    public static NftStatement TranslateTo(IpAddress address) => new(
        $"dnat {Ip(address.Family)} to {address}",
        [new Immediate(NftData.Address(address)), new Nat(1, (uint)address.Family)]);
}
