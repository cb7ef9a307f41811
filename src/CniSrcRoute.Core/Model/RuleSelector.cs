namespace CniSrcRoute;

/// <summary>The selectors that our own rules have besides source and mark: attributes of &lt;linux/fib_rules.h&gt; as the kernel lists them.</summary>
public static class RuleSelector
{
    private const byte FRA_IIFNAME = 3, FRA_GOTO = 4, FRA_SUPPRESS_PREFIXLEN = 14;

    /// <summary>
    /// "iif lo": what the node itself looks up. That is the way of its own packets, and the way back to a sender whose reverse path is checked
    /// (rp_filter); the way of a packet that came in by a card, or from a pod, is looked up with that card instead.
    /// </summary>
    public static OpaqueBytes FromNode { get; } = new(Local);

    /// <summary>"suppress_prefixlength 0", for the node's own look-ups: the answer of a default route does not count.</summary>
    public static OpaqueBytes FromNodeButDefault { get; } = new([8, 0, FRA_SUPPRESS_PREFIXLEN, 0, 0, 0, 0, 0, .. Local]);

    private static byte[] Local => [7, 0, FRA_IIFNAME, 0, (byte)'l', (byte)'o', 0, 0];

    /// <summary>"goto PRIORITY": what <see cref="Rule.ActionGoto"/> needs.</summary>
    /// <param name="priority">The priority of the rule to go on at, greater than the rule's own.</param>
    /// <param name="fromNode">Whether for the node's own look-ups alone.</param>
    /// <returns>The selectors.</returns>
    public static OpaqueBytes Goto(uint priority, bool fromNode) =>
        new([.. fromNode ? Local : [], 8, 0, FRA_GOTO, 0, .. BitConverter.GetBytes(priority)]);
}
