using CniSrcRoute.Netlink;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Node;

/// <summary>Writes to the kernel, and our files of names: the only place that does.</summary>
/// <param name="kernel">The kernel.</param>
internal sealed class NodeWriter(Kernel kernel) : INodeWriter
{
    /// <inheritdoc/>
    /// <exception cref="NetlinkException">The conversation with the kernel failed; what was not refused may or may not be done.</exception>
    public IReadOnlyList<Refusal> Write(IReadOnlyList<Change> run)
    {
        if (run[0] is RouteChange or RuleChange)
        {
            List<Refusal> refusals = [];
            foreach (NetlinkError error in kernel.Routing.Apply(run))
            {
                refusals.Add(new Refusal(error.Index, error.ToString()));
            }

            return refusals;
        }

        try
        {
            switch (run[0])
            {
                case NamesChange names:
                    NodeFiles.WriteNames(names.File, names.Text);
                    break;
                case MarkTableChange marks:
                    kernel.Write(marks.Table);
                    break;
                case ConnectionsChange connections:
                    kernel.Mark(connections);
                    break;
                case UnmarkingChange unmarking:
                    kernel.Unmark(unmarking);
                    break;
                case SysctlChange sysctl:
                    NodeFiles.SetSrcValidMark(sysctl.Value);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(run), run[0], "unknown kind of change");
            }

            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NetlinkException)
        {
            return [new Refusal(0, e.Message)];
        }
    }
}
