namespace CniSrcRoute.Nftables;

/// <summary>
/// One step of the packet program that a rule is (`nft --debug=netlink` prints these): it reads or writes register 1 if nothing else is said, or ends the
/// rule. Numbers are the kernel's, of &lt;linux/netfilter/nf_tables.h&gt;; what this program does not use is <see cref="Unknown"/>.
/// </summary>
public abstract record NftExpression
{
    /// <summary>"ct" or "meta": reads a key of the connection or of the packet.</summary>
    /// <param name="Name">"ct" or "meta".</param>
    /// <param name="Key">NFT_CT_ or NFT_META_.</param>
    /// <param name="Direction">For an address of the connection IP_CT_DIR_ORIGINAL (0) or IP_CT_DIR_REPLY (1); otherwise null.</param>
    /// <param name="Register">The register, enum nft_registers: behind the first part of a concatenation another than 1.</param>
    public sealed record Load(string Name, uint Key, byte? Direction = null, uint Register = 1) : NftExpression;

    /// <summary>"ct" or "meta": writes the key.</summary>
    /// <param name="Name">"ct" or "meta".</param>
    /// <param name="Key">NFT_CT_MARK or NFT_META_MARK.</param>
    public sealed record Store(string Name, uint Key) : NftExpression;

    /// <summary>"payload": reads bytes of the packet.</summary>
    /// <param name="Base">NFT_PAYLOAD_NETWORK_HEADER (1) or NFT_PAYLOAD_TRANSPORT_HEADER (2).</param>
    /// <param name="Offset">Where in the header.</param>
    /// <param name="Length">How many bytes.</param>
    public sealed record Payload(uint Base, uint Offset, uint Length) : NftExpression;

    /// <summary>"socket": reads a key of the socket that is to receive the packet; ends the rule where there is none.</summary>
    /// <param name="Key">NFT_SOCKET_.</param>
    public sealed record Socket(uint Key) : NftExpression;

    /// <summary>"fib": asks the routing tables.</summary>
    /// <param name="Result">NFT_FIB_RESULT_.</param>
    /// <param name="Flags">NFTA_FIB_F_.</param>
    public sealed record Fib(uint Result, uint Flags) : NftExpression;

    /// <summary>"bitwise": register and mask, exclusive-or xor.</summary>
    /// <param name="Mask">The bits that are kept.</param>
    /// <param name="Xor">The bits that are turned, as long as the mask.</param>
    public sealed record Bitwise(OpaqueBytes Mask, OpaqueBytes Xor) : NftExpression;

    /// <summary>"cmp": ends the rule where the register differs from the data, or where it does not.</summary>
    /// <param name="Operation">NFT_CMP_EQ (0) or NFT_CMP_NEQ (1).</param>
    /// <param name="Data">What is compared.</param>
    public sealed record Compare(uint Operation, OpaqueBytes Data) : NftExpression;

    /// <summary>"lookup": ends the rule where the register is not in a set, or where it is.</summary>
    /// <param name="Set">The set's name.</param>
    /// <param name="Flags">NFT_LOOKUP_F_INV (1) for the opposite.</param>
    public sealed record Lookup(string Set, uint Flags) : NftExpression;

    /// <summary>"lookup" in a map; ends the rule where the register is not in it.</summary>
    /// <param name="Set">The map's name.</param>
    /// <param name="Register">Where its value goes: NFT_REG_VERDICT (0), or 1.</param>
    public sealed record Map(string Set, uint Register) : NftExpression;

    /// <summary>"nat": translates the connection's address to the one in the register.</summary>
    /// <param name="Type">NFT_NAT_SNAT (0) or NFT_NAT_DNAT (1).</param>
    /// <param name="Family">NFPROTO_.</param>
    public sealed record Nat(uint Type, uint Family) : NftExpression;

    /// <summary>"immediate" with data; and such a value of a map.</summary>
    /// <param name="Data">The data.</param>
    public sealed record Immediate(OpaqueBytes Data) : NftExpression;

    /// <summary>"immediate" with a verdict; and such a value of a map.</summary>
    /// <param name="Code">NF_ACCEPT (1), NFT_JUMP (-3), NFT_GOTO (-4) or NFT_RETURN (-5).</param>
    /// <param name="Chain">Where to; empty for NF_ACCEPT and NFT_RETURN.</param>
    public sealed record Verdict(int Code, string Chain) : NftExpression
    {
        /// <summary>"accept": the packet goes on behind this hook's chain.</summary>
        public static Verdict Accept => new(1, "");

        /// <summary>"return": goes on behind the rule that jumped here.</summary>
        public static Verdict Return => new(-5, "");

        /// <summary>"goto": goes on in another chain and does not come back.</summary>
        /// <param name="chain">The chain.</param>
        /// <returns>The verdict.</returns>
        public static Verdict Goto(string chain) => new(-4, chain);

        /// <summary>"jump": goes on behind this rule when the other chain is done.</summary>
        /// <param name="chain">The chain.</param>
        /// <returns>The verdict.</returns>
        public static Verdict Jump(string chain) => new(-3, chain);

        /// <summary>The verdict as nft(8) writes it.</summary>
        /// <returns>For example "goto eth0".</returns>
        public override string ToString() => Code switch
        {
            1 => "accept",
            -3 => $"jump {Chain}",
            -4 => $"goto {Chain}",
            -5 => "return",
            _ => "unknown",
        };
    }

    /// <summary>"counter": counts the packets that come this far. Two do the same, whatever they have counted.</summary>
    /// <param name="Packets">How many packets so far.</param>
    /// <param name="Bytes">How many bytes these had.</param>
    public sealed record Counter(ulong Packets = 0, ulong Bytes = 0) : NftExpression
    {
        /// <summary>Whether the other is a counter.</summary>
        /// <param name="other">The other.</param>
        /// <returns>True when it is.</returns>
        public bool Equals(Counter? other) => other is not null;

        /// <summary>The same for all.</summary>
        /// <returns>A constant.</returns>
        public override int GetHashCode() => 1;
    }

    /// <summary>Something else.</summary>
    /// <param name="Name">The kernel's name of it.</param>
    public sealed record Unknown(string Name) : NftExpression;
}
