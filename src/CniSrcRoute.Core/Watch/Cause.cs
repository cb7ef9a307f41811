using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>Why something has to be planned again.</summary>
/// <param name="Kind">In general, for the metrics.</param>
/// <param name="Text">In particular, for the log.</param>
public sealed record Cause(CauseKind Kind, string Text)
{
    /// <summary>The socket of the process that did it, as <see cref="KernelEvent.PortId"/>; 0 for nobody known.</summary>
    public uint PortId { get; init; }

    /// <summary>The one thing of which the kernel tells nobody.</summary>
    public static readonly Cause OfSysctl =
        new(CauseKind.Sysctl, $"somebody else reset {ReversePath.SrcValidMark}, which the kernel tells nobody of");
}
