namespace CniSrcRoute.Nftables;

/// <summary>Where a base chain is called, and when.</summary>
/// <param name="Type">NFTA_CHAIN_TYPE: "filter", or "route", which has a packet routed again when a rule changed its mark.</param>
/// <param name="Number">NF_INET_PRE_ROUTING (0), NF_INET_LOCAL_IN (1), NF_INET_FORWARD (2), NF_INET_LOCAL_OUT (3) or NF_INET_POST_ROUTING (4).</param>
/// <param name="Priority">NFTA_HOOK_PRIORITY: the lower number is called first.</param>
/// <param name="Policy">NFTA_CHAIN_POLICY: NF_ACCEPT (1) lets go on what no rule has ended.</param>
public sealed record NftHook(string Type, uint Number, int Priority, uint Policy = 1)
{
    /// <summary>The hook as nft(8) writes it.</summary>
    /// <returns>For example "type filter hook prerouting priority -80".</returns>
    public override string ToString()
    {
        string hook = Number switch { 0 => "prerouting", 1 => "input", 2 => "forward", 3 => "output", _ => "postrouting" };
        return FormattableString.Invariant($"type {Type} hook {hook} priority {Priority}");
    }
}
