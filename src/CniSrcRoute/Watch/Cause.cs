using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>Why the node is read again.</summary>
/// <param name="Kind">In general, for the metrics.</param>
/// <param name="Text">In particular, for the log.</param>
internal sealed record Cause(CauseKind Kind, string Text)
{
    /// <summary>Whether somebody undid what we had done.</summary>
    public bool IsUndoing { get; init; } = Kind is CauseKind.Rule or CauseKind.Route or CauseKind.Nftables;

    /// <summary>A cause that nobody told of: what was done shows that there must have been one.</summary>
    public static Cause Of(CauseKind kind) => new(kind, kind switch
    {
        CauseKind.Rule => "somebody else changed a rule",
        CauseKind.Route => "somebody else changed a route in a source table",
        CauseKind.Nftables => "somebody else changed table inet srcroute of nftables",
        CauseKind.Main => "main changed",
        _ => $"somebody else reset {ReversePath.SrcValidMark}, which the kernel tells nobody of",
    });
}
