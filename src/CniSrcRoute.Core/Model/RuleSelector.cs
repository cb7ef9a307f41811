using System.Text;

namespace CniSrcRoute;

/// <summary>The selectors that our own rules have besides source and mark: attributes of &lt;linux/fib_rules.h&gt; as the kernel lists them.</summary>
public static class RuleSelector
{
    /// <summary>The device of what the node itself looks up.</summary>
    public const string Loopback = "lo";

    private const byte FRA_IIFNAME = 3, FRA_GOTO = 4, FRA_SUPPRESS_PREFIXLEN = 14;

    /// <summary>"iif lo": what the node itself looks up, the way of its own packets above all.</summary>
    public static OpaqueBytes FromNode { get; } = new(By(Loopback));

    /// <summary>"suppress_prefixlength 0", for the node's own look-ups: the answer of a default route does not count.</summary>
    public static OpaqueBytes FromNodeButDefault { get; } = new([8, 0, FRA_SUPPRESS_PREFIXLEN, 0, 0, 0, 0, 0, .. By(Loopback)]);

    /// <summary>"goto PRIORITY": what <see cref="Rule.ActionGoto"/> needs.</summary>
    /// <param name="priority">The priority of the rule to go on at, greater than the rule's own.</param>
    /// <param name="card">"iif": the device of the look-up; empty for any.</param>
    /// <returns>The selectors.</returns>
    public static OpaqueBytes Goto(uint priority, string card) =>
        new([.. card.Length == 0 ? [] : By(card), 8, 0, FRA_GOTO, 0, .. BitConverter.GetBytes(priority)]);

    private static byte[] By(string card)
    {
        byte[] name = [.. Encoding.UTF8.GetBytes(card), 0];
        byte[] attribute = new byte[(4 + name.Length + 3) & ~3];
        (attribute[0], attribute[2]) = ((byte)(4 + name.Length), FRA_IIFNAME);
        name.CopyTo(attribute, 4);
        return attribute;
    }
}
