using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>Writes, and notes in the model of the node what was done.</summary>
/// <param name="writer">Writes.</param>
/// <param name="model">The model.</param>
internal sealed class NotingWriter(INodeWriter writer, NodeModel model) : INodeWriter
{
    /// <summary>How many routes there are more than before.</summary>
    public int RoutesMore { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<Refusal> Write(IReadOnlyList<Change> run)
    {
        IReadOnlyList<Refusal> refusals = writer.Write(run);
        int next = 0;
        for (int i = 0; i < run.Count; i++)
        {
            if (next < refusals.Count && refusals[next].Index == i)
            {
                next++;
                continue;
            }

            model.Take(run[i]);
            RoutesMore += run[i] is RouteChange ? run[i].Kind switch { ChangeKind.Add => 1, ChangeKind.Remove => -1, _ => 0 } : 0;
        }

        return refusals;
    }
}
