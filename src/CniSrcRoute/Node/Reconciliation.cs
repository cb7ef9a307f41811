using CniSrcRoute.Configuration;
using CniSrcRoute.Planning;
using CniSrcRoute.Walk;

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
    public static Reconciliation Read(Kernel kernel, Config? config, string remembered = "") => Of(StateReader.Read(kernel, config, remembered), config);

    /// <summary>Works out the plan.</summary>
    /// <param name="state">The node.</param>
    /// <param name="config">The configuration; null to desire nothing.</param>
    public static Reconciliation Of(NodeState state, Config? config)
    {
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

    /// <summary>
    /// The connections that leave by another card once the plan is carried out, where srcroute has made nothing yet: the interlock. Later there is nothing to
    /// compare with, since the ways are ours.
    /// </summary>
    /// <param name="kernel">The kernel.</param>
    /// <returns>The findings about them.</returns>
    public List<Finding> Diversions(Kernel kernel) =>
        State.Nftables.Table is not null || State.Rules.Any(rule => rule.Protocol == Ownership.Protocol) ? [] : Diversions(kernel, Plan);

    /// <summary>The connections that leave by another card once a plan is carried out, whatever srcroute has made before.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="plan">The plan.</param>
    /// <returns>The findings about them.</returns>
    public List<Finding> Diversions(Kernel kernel, Plan plan)
    {
        if (plan.IsEmpty)
        {
            return [];
        }

        IReadOnlyList<Connection> connections = kernel.ReadConnections();
        if (connections.Count == 0)
        {
            // Without any rule that asks for connections the kernel tracks none.
            connections = kernel.ReadUntrackedConnections();
        }

        if (connections.Count == 0)
        {
            return [];
        }

        bool hasUsers = State.Rules.Any(rule => RuleAttributes.Of(rule.Selectors).Users is not null);
        return DiversionRemarks.Of(
            Interlock.Find(StateReader.WithRoutesTo(kernel, State, () => Interlock.Addresses(connections)), Desired, plan, connections, kernel.ReadConnectionSockets(hasUsers)), State);
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
