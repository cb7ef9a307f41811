namespace CniSrcRoute;

/// <summary>A policy rule: struct fib_rule_hdr and its attributes (&lt;linux/fib_rules.h&gt;, ip-rule(8)).</summary>
public sealed record Rule
{
    /// <summary>FR_ACT_TO_TBL (&lt;linux/fib_rules.h&gt;): look up a table.</summary>
    public const byte ActionLookup = 1;

    /// <summary>FR_ACT_GOTO: go on at the rule that <see cref="RuleSelector.Goto"/> names.</summary>
    public const byte ActionGoto = 2;

    /// <summary>FR_ACT_NOP: do nothing; somewhere for a goto to go on at.</summary>
    public const byte ActionNop = 3;

    /// <summary>FIB_RULE_INVERT: the rule is for what its selectors are not for.</summary>
    public const uint FlagInvert = 2;

    /// <summary>The priority of the kernel's own rule for the table main: a rule behind it is never reached by what main answers.</summary>
    public const uint MainPriority = 32766;

    /// <summary>The family whose look-ups the rule takes part in.</summary>
    public required Family Family { get; init; }

    /// <summary>FRA_PRIORITY: the lower number is asked first.</summary>
    public uint Priority { get; init; }

    /// <summary>FRA_SRC: the source addresses the rule is for; no prefix for all.</summary>
    public IpPrefix From { get; init; }

    /// <summary>FRA_FWMARK: the packet's mark, under the mask.</summary>
    public uint Mark { get; init; }

    /// <summary>FRA_FWMASK: the bits of the packet's mark that count; 0 for a rule that does not ask for the mark.</summary>
    public uint MarkMask { get; init; }

    /// <summary>FRA_TABLE: the table to look up; 0 where the action is another.</summary>
    public uint Table { get; init; }

    /// <summary>FR_ACT_: <see cref="ActionLookup"/> for a look-up.</summary>
    public byte Action { get; init; } = ActionLookup;

    /// <summary>FRA_PROTOCOL: who made the rule.</summary>
    public byte Protocol { get; init; }

    /// <summary>Whether the rule selects by anything besides <see cref="From"/> and the mark, or is inverted.</summary>
    public bool HasOtherSelectors => !Selectors.IsEmpty || Flags != 0;

    /// <summary>Whether the rule selects just these source addresses, of all packets or of the node's own.</summary>
    /// <param name="source">The addresses.</param>
    /// <returns>True when it does.</returns>
    public bool IsFor(IpPrefix source) =>
        From == source && MarkMask == 0 && Flags == 0 && (Selectors.IsEmpty || Selectors == RuleSelector.FromNode);

    /// <summary>Whether the kernel has made the rule: those for the tables local, main and default.</summary>
    public bool IsKernels => Protocol == 2 && !From.IsSet && MarkMask == 0 && !HasOtherSelectors && Action == ActionLookup && TableId.IsReserved(Table);

    /// <summary>Whether another rule is for the same source or mark, wherever it sends packets and whatever else it asks for.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True when it is.</returns>
    public bool IsForSameAs(Rule other) =>
        Family == other.Family && From == other.From && Mark == other.Mark && MarkMask == other.MarkMask && Flags == other.Flags;

    /// <summary>The rule's flags that are configuration: FIB_RULE_INVERT.</summary>
    public uint Flags { get; init; }

    /// <summary>
    /// All other attributes (to, iif, oif, tos, ports ...) as the kernel wrote them, tos of the header first, so that nothing is lost on deletion.
    /// </summary>
    public OpaqueBytes Selectors { get; init; }
}
