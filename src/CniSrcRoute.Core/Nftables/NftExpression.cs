namespace CniSrcRoute.Nftables;

/// <summary>
/// One step of the packet program that a rule is (`nft --debug=netlink` prints these): it reads or writes register 1, or ends the rule. Numbers are the
/// kernel's, of &lt;linux/netfilter/nf_tables.h&gt;; what this program does not use is <see cref="Unknown"/>.
/// </summary>
public abstract record NftExpression
{
    /// <summary>"ct" or "meta": reads a key of the connection or of the packet.</summary>
    /// <param name="Name">"ct" or "meta".</param>
    /// <param name="Key">NFT_CT_ or NFT_META_.</param>
    /// <param name="Direction">For an address of the connection IP_CT_DIR_ORIGINAL (0) or IP_CT_DIR_REPLY (1); otherwise null.</param>
    public sealed record Load(string Name, uint Key, byte? Direction = null) : NftExpression;

    /// <summary>"ct" or "meta": writes the key.</summary>
    /// <param name="Name">"ct" or "meta".</param>
    /// <param name="Key">NFT_CT_MARK or NFT_META_MARK.</param>
    public sealed record Store(string Name, uint Key) : NftExpression;

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

    /// <summary>"immediate" with a verdict.</summary>
    /// <param name="Code">NFT_JUMP (-3), NFT_GOTO (-4) or NFT_RETURN (-5).</param>
    /// <param name="Chain">Where to; empty for NFT_RETURN.</param>
    public sealed record Verdict(int Code, string Chain) : NftExpression;

    /// <summary>Something else.</summary>
    /// <param name="Name">The kernel's name of it.</param>
    public sealed record Unknown(string Name) : NftExpression;
}
