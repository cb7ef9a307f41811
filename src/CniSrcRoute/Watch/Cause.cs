namespace CniSrcRoute.Watch;

/// <summary>Why the node is read again.</summary>
/// <param name="Kind">In general, for the metrics.</param>
/// <param name="Text">In particular, for the log.</param>
internal sealed record Cause(CauseKind Kind, string Text)
{
    /// <summary>Whether somebody undid what we had done.</summary>
    public bool IsUndoing => Kind is CauseKind.Rule or CauseKind.Route or CauseKind.Nftables;
}
