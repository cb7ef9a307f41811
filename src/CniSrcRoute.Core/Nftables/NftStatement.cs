using System.Globalization;
using static CniSrcRoute.Nftables.NftExpression;

namespace CniSrcRoute.Nftables;

/// <summary>A part of a rule as nft(8) writes it, with its expressions.</summary>
/// <param name="Text">For example "ct mark &amp; 0x3f != 0".</param>
/// <param name="Expressions">What the kernel gets.</param>
/// <param name="Condition">What the kernel gets ahead of that, once a rule.</param>
public sealed partial record NftStatement(string Text, IReadOnlyList<NftExpression> Expressions, NftCondition? Condition = null)
{
    private const uint Equal = 0;
    private const uint NotEqual = 1;

    /// <summary>"ct state new": no packet of the connection has been answered yet.</summary>
    public static NftStatement IsNew => Any("ct state new", Connection.State, 1 << 3);

    /// <summary>"ct status ! confirmed": the first packet of a connection, also of one that a helper expected (IPS_CONFIRMED).</summary>
    public static NftStatement IsFirst => new(
        "ct status ! confirmed",
        [new Load(Connection.Name, Connection.Status), new Bitwise(NftData.Number(1 << 3), NftData.Number(0)), new Compare(Equal, NftData.Number(0))]);

    /// <summary>"ct status dnat": the connection's destination has been translated (IPS_DST_NAT).</summary>
    public static NftStatement IsDestinationTranslated => Any("ct status dnat", Connection.Status, 1 << 5);

    /// <summary>"ct direction reply".</summary>
    public static NftStatement IsReply => new("ct direction reply", [new Load(Connection.Name, Connection.Direction), new Compare(Equal, Bytes(1))]);

    /// <summary>"ct direction original": the packet goes the way of the connection's first.</summary>
    public static NftStatement IsOriginal => new("ct direction original", [new Load(Connection.Name, Connection.Direction), new Compare(Equal, Bytes(0))]);

    /// <summary>"return".</summary>
    public static NftStatement Return => Of(Verdict.Return);

    /// <summary>"counter".</summary>
    public static NftStatement Count => new("counter", [new Counter()]);

    /// <summary>"accept": of this hook's chains the others go on.</summary>
    public static NftStatement Accept => Of(Verdict.Accept);

    /// <summary>The connection's mark has any of the bits.</summary>
    public static NftStatement ConnectionMarkHas(uint bits) => Any(Invariant($"ct mark & 0x{bits:x} != 0"), Connection.Mark, bits);

    /// <summary>The connection's mark under a mask is this one.</summary>
    public static NftStatement ConnectionMarkIs(uint mask, uint mark) => Is(Connection.Name, Connection.Mark, mask, mark);

    /// <summary>The packet's mark has any of the bits.</summary>
    public static NftStatement PacketMarkHas(uint bits) => new(
        Invariant($"meta mark & 0x{bits:x} != 0"),
        [new Load(Packet.Name, Packet.Mark), new Bitwise(NftData.Number(bits), NftData.Number(0)), new Compare(NotEqual, NftData.Number(0))]);

    /// <summary>The packet's mark under a mask is this one.</summary>
    public static NftStatement PacketMarkIs(uint mask, uint mark) => Is(Packet.Name, Packet.Mark, mask, mark);

    /// <summary>Sets bits of the connection's mark under a mask and leaves all others alone.</summary>
    public static NftStatement SetConnectionMark(uint mask, uint bits) => Set(Connection.Name, Connection.Mark, mask, bits);

    /// <summary>Sets bits of the packet's mark under a mask and leaves all others alone.</summary>
    public static NftStatement SetPacketMark(uint mask, uint bits) => Set(Packet.Name, Packet.Mark, mask, bits);

    /// <summary>The packet is of the family.</summary>
    public static NftStatement IsOf(Family family) => new(family == Family.IPv6 ? "meta nfproto ipv6" : "meta nfproto ipv4", [], Has(family));

    /// <summary>The packet came in by the card.</summary>
    public static NftStatement CameBy(string card) => new($"iifname \"{card}\"", [new Load(Packet.Name, Packet.InputName), new Compare(Equal, NftData.Card(card))]);

    /// <summary>The routing tables would send the packet out by the card it came in by (NFTA_FIB_F_DADDR and IIF, PRESENT).</summary>
    public static NftStatement WouldLeaveByItsCard => new("fib daddr . iif oif exists", [new Fib(1, 2 | 8 | 32), new Compare(Equal, Yes(true))]);

    /// <summary>
    /// The routing tables would send an answer out by another card than the packet came in by (NFT_FIB_RESULT_OIF for NFTA_FIB_F_SADDR and IIF, PRESENT).
    /// </summary>
    public static NftStatement WouldBeAnsweredByOtherCard => new("fib saddr . iif oif missing", [new Fib(1, 1 | 8 | 32), new Compare(Equal, Yes(false))]);

    /// <summary>The connection was opened to an address, or network, whatever it has been translated to since.</summary>
    public static NftStatement WasFor(IpPrefix destination)
    {
        bool is6 = destination.Family == Family.IPv6;
        byte[] address = NftData.Address(destination.Address).Span.ToArray();
        byte[] mask = new byte[address.Length];
        for (int bit = 0; bit < destination.Length; bit++)
        {
            mask[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        // As nft(8) writes it, so that it is the same whoever loads it: of whole bytes only those are compared.
        var load = new Load(Connection.Name, is6 ? Connection.DestinationIp6 : Connection.DestinationIp, Direction: 0);
        return new(
            $"ct original {(is6 ? "ip6" : "ip")} daddr {destination}",
            destination.Length % 8 == 0
                ? [load, new Compare(Equal, new OpaqueBytes(address[..(destination.Length / 8)]))]
                : [load, new Bitwise(new OpaqueBytes(mask), new OpaqueBytes(new byte[mask.Length])), new Compare(Equal, new OpaqueBytes(address))]);
    }

    /// <summary>"goto": goes on in another chain and does not come back.</summary>
    public static NftStatement Goto(string chain) => Of(Verdict.Goto(chain));

    /// <summary>"jump": goes on behind this rule when the other chain is done.</summary>
    public static NftStatement Jump(string chain) => Of(Verdict.Jump(chain));

    private static NftStatement Of(Verdict verdict) => new(verdict.ToString(), [verdict]);

    private static NftStatement Any(string text, uint key, uint bits) =>
        new(text, [new Load(Connection.Name, key), new Bitwise(NftData.Number(bits), NftData.Number(0)), new Compare(NotEqual, NftData.Number(0))]);

    // As nft(8) writes it: all bits without a mask.
    private static NftStatement Is(string name, uint key, uint mask, uint mark) => mask == uint.MaxValue
        ? new(Invariant($"{name} mark 0x{mark:x}"), [new Load(name, key), new Compare(Equal, NftData.Number(mark))])
        : new(
            Invariant($"{name} mark & 0x{mask:x} == 0x{mark:x}"),
            [new Load(name, key), new Bitwise(NftData.Number(mask), NftData.Number(0)), new Compare(Equal, NftData.Number(mark))]);

    private static NftStatement Set(string name, uint key, uint mask, uint bits) => new(
        Invariant($"{name} mark set {name} mark & 0x{~mask:x}{(bits == 0 ? "" : Invariant($" | 0x{bits:x}"))}"),
        [new Load(name, key), new Bitwise(NftData.Number(~mask), NftData.Number(bits)), new Store(name, key)]);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static OpaqueBytes Bytes(byte value) => new([value]);

    // As nft(8) writes it: a byte in the register, and the rest of it empty.
    private static OpaqueBytes Yes(bool value) => new([value ? (byte)1 : (byte)0, 0, 0, 0]);

    private static NftCondition Has(Family family) =>
        new(new Load(Packet.Name, Packet.NetfilterProtocol), new Compare(Equal, Bytes((byte)family)));

    /// <summary>enum nft_ct_keys.</summary>
    private static class Connection
    {
        public const string Name = "ct";
        public const uint State = 0;
        public const uint Direction = 1;
        public const uint Status = 2;
        public const uint Mark = 3;
        public const uint DestinationIp = 20;
        public const uint DestinationIp6 = 22;
    }

    /// <summary>enum nft_meta_keys.</summary>
    private static class Packet
    {
        public const string Name = "meta";
        public const uint Mark = 3;
        public const uint InputName = 6;
        public const uint OutputName = 7;
        public const uint NetfilterProtocol = 15;
        public const uint TransportProtocol = 16;
    }
}
