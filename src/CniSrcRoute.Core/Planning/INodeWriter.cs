namespace CniSrcRoute.Planning;

/// <summary>The one way to change the node.</summary>
public interface INodeWriter
{
    /// <summary>Takes steps of one kind, in order. Every step is tried, whatever became of the ones before it.</summary>
    /// <param name="run">The steps: changes of routes alone, of rules alone, or a single step of another kind.</param>
    /// <returns>What was refused, in the order of the steps. Removing what is gone is no refusal.</returns>
    IReadOnlyList<Refusal> Write(IReadOnlyList<Change> run);
}
