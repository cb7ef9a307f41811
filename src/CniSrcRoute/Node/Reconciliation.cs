using CniSrcRoute.Configuration;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Node;

/// <summary>One round of the one idea: the state, what is desired, and the plan between them.</summary>
/// <param name="Config">The configuration; null to desire nothing.</param>
/// <param name="State">What is.</param>
/// <param name="Desired">What shall be.</param>
/// <param name="Plan">The steps.</param>
internal sealed record Reconciliation(Config? Config, NodeState State, DesiredState Desired, Plan Plan)
{
    /// <summary>What is wrong, and what is worth knowing, of the state and of the plan.</summary>
    public IReadOnlyList<Finding> Findings => [.. Desired.Findings, .. Plan.Conflicts];

    /// <summary>Reads the node and works out the plan.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="config">The configuration; null to desire nothing.</param>
    /// <param name="remembered">What our file of table names should hold; for who may not write it.</param>
    public static Reconciliation Read(Kernel kernel, Config? config, string remembered = "")
    {
        NodeState state = StateReader.Read(kernel, remembered);
        DesiredState desired = config is null ? new DesiredState() : Derive.From(config, state);
        return new Reconciliation(config, state, desired, Diff.Between(desired, state));
    }

    /// <summary>Refuses a configuration that is wrong whatever the node is like.</summary>
    /// <exception cref="InputException">It is.</exception>
    public void RequireGoodInput()
    {
        if (Desired.BadInput is { } finding)
        {
            throw new InputException(finding.Sentence);
        }
    }

    /// <summary>Carries the plan out. What fails is tried once more against the node as it is then: it may have changed since it was read.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <returns>What could not be done.</returns>
    /// <exception cref="InputException">The configuration is wrong; nothing is changed.</exception>
    public List<Failure> Apply(Kernel kernel)
    {
        RequireGoodInput();
        var writer = new NodeWriter(kernel);
        List<Failure> failures = Applier.Apply(writer, Desired, Plan);
        if (failures.TrueForAll(failure => failure.IsCosmetic))
        {
            return failures;
        }

        Reconciliation again = Read(kernel, Config, State.Remembered);
        return Applier.Apply(writer, again.Desired, again.Plan);
    }
}
