using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>One step of a plan.</summary>
/// <param name="Kind">What the step does.</param>
public abstract record Change(ChangeKind Kind);

/// <summary>A step that writes a route.</summary>
/// <param name="Kind">What the step does.</param>
/// <param name="Table">The table it is done in.</param>
/// <param name="Route">The route to make, or to remove.</param>
/// <param name="Old">For <see cref="ChangeKind.Replace"/> what is there now.</param>
public sealed record RouteChange(ChangeKind Kind, TableId Table, Route Route, Route? Old = null) : Change(Kind)
{
    /// <summary>For <see cref="ChangeKind.Add"/>, whether other routes with the same key may exist, after which it is added.</summary>
    public bool Appends { get; init; }
}

/// <summary>A step that writes a rule; rules are never replaced.</summary>
/// <param name="Kind">What the step does.</param>
/// <param name="Rule">The rule to make, or to remove.</param>
public sealed record RuleChange(ChangeKind Kind, Rule Rule) : Change(Kind);

/// <summary>A step that writes our nftables table, in one transaction.</summary>
/// <param name="Kind">What the step does.</param>
/// <param name="Table">The table to make; null for <see cref="ChangeKind.Remove"/>.</param>
public sealed record MarkTableChange(ChangeKind Kind, NftTable? Table) : Change(Kind);

/// <summary>A step that sets <see cref="ReversePath.SrcValidMark"/>, and remembers that we did; or sets it back, and forgets.</summary>
/// <param name="Value">The value.</param>
public sealed record SysctlChange(bool Value) : Change(ChangeKind.Replace);

/// <summary>
/// A step that marks the connections that came in for an address and have no mark of ours, so that their replies go on leaving by its card: version 0.1.0
/// needed none for them.
/// </summary>
/// <param name="Address">The address, or network.</param>
/// <param name="Mark">The mark.</param>
/// <param name="Mask">Our bits.</param>
public sealed record ConnectionsChange(IpPrefix Address, uint Mark, uint Mask) : Change(ChangeKind.Replace);

/// <summary>A step that takes our bits out of the marks of connections, where they came in since a change that is undone.</summary>
/// <param name="Mask">Our bits.</param>
/// <param name="Before">The connections that had some of these bits before, which get them back.</param>
public sealed record UnmarkingChange(uint Mask, IReadOnlyList<Connection> Before) : Change(ChangeKind.Replace);

/// <summary>A step that writes one of our files of names.</summary>
/// <param name="Kind">What the step does.</param>
/// <param name="File">Which file.</param>
/// <param name="Text">The file's new text; empty for <see cref="ChangeKind.Remove"/>.</param>
public sealed record NamesChange(ChangeKind Kind, NamesFileKind File, string Text) : Change(Kind);
