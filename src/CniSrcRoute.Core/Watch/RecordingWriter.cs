using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>Writes changes, and applies those that the kernel took to the model of the node.</summary>
/// <param name="writer">Writes.</param>
/// <param name="model">The model.</param>
internal sealed class RecordingWriter(INodeWriter writer, NodeModel model) : INodeWriter
{
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

            model.Apply(run[i]);
        }

        return refusals;
    }
}
