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
/// A step that marks the connections that came in before our table did and have no mark of ours, so that their replies go on leaving as they do: by main, or,
/// where version 0.1.0 led them without a mark, by the address's card.
/// </summary>
/// <param name="Marks">The addresses, or networks, that they were opened to, with the mark of each.</param>
/// <param name="Mask">Our bits.</param>
public sealed record ConnectionsChange(IReadOnlyDictionary<IpPrefix, uint> Marks, uint Mask) : Change(ChangeKind.Replace)
{
    private readonly IReadOnlyList<IpPrefix> _networks = [.. Marks.Keys.Where(address => !address.IsHost)];

    /// <summary>The mark that a connection gets. Where its destination is translated, the table tells by that what becomes of it.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns>The mark; null for a connection that keeps its own.</returns>
    public uint? MarkOf(Connection connection)
    {
        if (!connection.HasPorts || connection.IsDestinationTranslated || (connection.Mark & Mask) != 0)
        {
            return null;
        }

        if (Marks.TryGetValue(IpPrefix.Host(connection.OpenedTo), out uint mark))
        {
            return mark;
        }

        foreach (IpPrefix network in _networks)
        {
            if (network.Contains(connection.OpenedTo))
            {
                return Marks[network];
            }
        }

        return null;
    }
}

/// <summary>A step that takes our bits out of the marks of connections, where they came in since a change that is undone.</summary>
/// <param name="Mask">Our bits.</param>
/// <param name="Before">The connections that had some of these bits before, which get them back.</param>
public sealed record UnmarkingChange(uint Mask, IReadOnlyList<Connection> Before) : Change(ChangeKind.Replace);

/// <summary>A step that writes one of our files of names.</summary>
/// <param name="Kind">What the step does.</param>
/// <param name="File">Which file.</param>
/// <param name="Text">The file's new text; empty for <see cref="ChangeKind.Remove"/>.</param>
public sealed record NamesChange(ChangeKind Kind, NamesFileKind File, string Text) : Change(Kind);
