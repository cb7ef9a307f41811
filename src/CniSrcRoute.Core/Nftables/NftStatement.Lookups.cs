using static CniSrcRoute.Nftables.NftExpression;

namespace CniSrcRoute.Nftables;

/// <content>Parts that look something up, and those that ask what an address is.</content>
public sealed partial record NftStatement
{
    // NFTA_FIB_F_DADDR, NFTA_FIB_F_IIF, NFT_FIB_RESULT_ADDRTYPE, RTN_LOCAL.
    private const uint OfDestination = 2;
    private const uint AtInput = 8;
    private const uint AddressType = 3;
    private const uint Local = 2;

    /// <summary>"fib daddr type local": the packet is for an address of the node.</summary>
    public static NftStatement IsForNode => AddressIs("fib daddr type local", OfDestination, Equal);

    /// <summary>"fib daddr . iif type != local": the packet is for no address of the card that it came by.</summary>
    public static NftStatement IsForOtherCard => AddressIs("fib daddr . iif type != local", OfDestination | AtInput, NotEqual);

    /// <summary>Goes where a map has the card that the packet came by, if it has it.</summary>
    public static NftStatement CardTo(NftSet map) => new($"iifname vmap @{map.Name}", [InputName(1), new Map(map.Name, 0)]);

    /// <summary>Goes where a map has the connection's mark under a mask, if it has it.</summary>
    public static NftStatement ConnectionMarkTo(uint mask, NftSet map) => new(
        Invariant($"ct mark & 0x{mask:x} vmap @{map.Name}"),
        [new Load(Connection.Name, Connection.Mark), new Bitwise(NftData.Number(mask), NftData.Number(0)), new Map(map.Name, 0)]);

    /// <summary>A set has the packet's mark under a mask.</summary>
    public static NftStatement PacketMarkIn(uint mask, NftSet set) => new(
        Invariant($"meta mark & 0x{mask:x} @{set.Name}"),
        [new Load(Packet.Name, Packet.Mark), new Bitwise(NftData.Number(mask), NftData.Number(0)), new Lookup(set.Name, 0)]);

    /// <summary>A set lacks the connection's mark under a mask with the card that the packet leaves by.</summary>
    public static NftStatement LeavesByCardNotIn(uint mask, NftSet set) => new(
        Invariant($"ct mark & 0x{mask:x} . oifname != @{set.Name}"),
        [
            new Load(Connection.Name, Connection.Mark),
            new Bitwise(NftData.Number(mask), NftData.Number(0)),
            new Load(Packet.Name, Packet.OutputName, Register: Behind(Family.IPv4)),
            new Lookup(set.Name, 1),
        ]);

    /// <summary>Goes where a map has the address that the connection was opened to and the card that the packet came by, if it has them.</summary>
    public static NftStatement WasForAndCardTo(Family family, NftSet map)
    {
        bool is6 = family == Family.IPv6;
        return new(
            $"ct original {(is6 ? "ip6" : "ip")} daddr . iifname vmap @{map.Name}",
            [
                new Load(Connection.Name, is6 ? Connection.DestinationIp6 : Connection.DestinationIp, Direction: 0),
                InputName(Behind(family)),
                new Map(map.Name, 0),
            ]);
    }

    /// <summary>Goes where a map has the packet's destination and the card that it came by, if it has them.</summary>
    public static NftStatement DestinationAndCardTo(Family family, NftSet map) => new(
        $"{Ip(family)} daddr . iifname vmap @{map.Name}",
        [Destination(family), InputName(Behind(family)), new Map(map.Name, 0)],
        Has(family));

    /// <summary>The packet comes from an address of a set.</summary>
    public static NftStatement IsFrom(Family family, NftSet set) =>
        new($"{Ip(family)} saddr @{set.Name}", [Source(family), new Lookup(set.Name, 0)], Has(family));

    /// <summary>The packet comes from an address that is not in a set.</summary>
    public static NftStatement IsNotFrom(Family family, NftSet set) =>
        new($"{Ip(family)} saddr != @{set.Name}", [Source(family), new Lookup(set.Name, 1)], Has(family));

    /// <summary>The packet is for an address of a set.</summary>
    public static NftStatement IsFor(Family family, NftSet set) =>
        new($"{Ip(family)} daddr @{set.Name}", [Destination(family), new Lookup(set.Name, 0)], Has(family));

    private static NftStatement AddressIs(string text, uint flags, uint operation) =>
        new(text, [new Fib(AddressType, flags), new Compare(operation, NftData.Number(Local))]);

    private static Load InputName(uint register) => new(Packet.Name, Packet.InputName, Register: register);

    /// <summary>The register behind an address in register 1: NFT_REG32_01, or NFT_REG_2, which is as far as an address of IPv6 goes.</summary>
    private static uint Behind(Family family) => family == Family.IPv6 ? 2u : 9u;

    private static string Ip(Family family) => family == Family.IPv6 ? "ip6" : "ip";

    // struct iphdr, struct ipv6hdr: NFT_PAYLOAD_NETWORK_HEADER.
    private static Payload Source(Family family) => family == Family.IPv6 ? new(1, 8, 16) : new(1, 12, 4);

    private static Payload Destination(Family family) => family == Family.IPv6 ? new(1, 24, 16) : new(1, 16, 4);
}
