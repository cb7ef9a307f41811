using CniSrcRoute.Configuration;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>
/// The watcher's planner: a model of the node, what of it is dirty, and the plan for that, made by the same <see cref="Derive"/> and <see cref="Diff"/> as
/// everybody's. Pure: its input are the kernel's events, and it writes through <see cref="INodeWriter"/> alone.
/// </summary>
public sealed partial class Planner
{
    private readonly Config _config;
    private readonly NodeModel _model;
    private readonly CopyCount _copies = new();

    /// <summary>Begins with what was read; everything is dirty.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node.</param>
    /// <param name="cause">Why it was read.</param>
    /// <param name="standing">What was desired before, and is kept where the configuration turns out to be wrong; null for nothing.</param>
    /// <param name="subnets">What <see cref="Subnets"/> was before.</param>
    public Planner(Config config, NodeState state, Cause cause, DesiredState? standing = null, int subnets = 0)
    {
        (_config, _model, Passed, Subnets) = (config, new NodeModel(state), state.Passed, subnets);
        Dirt.Add(Extent.Whole, cause);
        Desired = standing ?? new DesiredState();
    }

    /// <summary>How many destinations are known at most before routes that are no business of ours are left out.</summary>
    internal int Room { get; init; } = MainFilter.Room;

    /// <summary>What of main is left out.</summary>
    internal PassedRoutes Passed { get; }

    /// <summary>The desired state without the copies of main's routes: those are derived again for what is dirty.</summary>
    public DesiredState Desired { get; private set; }

    /// <summary>What has to be planned again.</summary>
    public Dirt Dirt { get; private set; } = new();

    /// <summary>How many copies all source tables hold.</summary>
    public int Copies => _copies.Copies;

    /// <summary>How many destinations of copies lead further than to a single pod, whose own route goes with its card.</summary>
    public int Subnets { get; private set; }

    /// <summary>How many of them the last plan lost.</summary>
    public int SubnetsLost { get; private set; }

    /// <summary>The node as it is known.</summary>
    internal NodeState State => _model.State;

    /// <summary>The node without its routes: names for messages.</summary>
    public NodeState Surroundings => _model.PartTo([], _ => false);

    /// <summary>How much there is to do: all has to be read where the cards, the addresses and the defaults make it matter what was left out.</summary>
    /// <returns>The extent of what is dirty.</returns>
    public Extent Look()
    {
        if (Dirt is { Extent: Extent.Whole, Reason: { } reason } && Passed.Count > 0 &&
            Desired.Filter is { } filter && !MainFilter.Of(_config, _model.State with { Passed = Passed }).AgreesOn(Passed, filter))
        {
            Dirt.Add(Extent.Reading, reason);
        }

        return Dirt.Extent;
    }

    /// <summary>Makes the plan for what is dirty, or for the part of it that need not wait. That is clean then, once the plan is carried out.</summary>
    /// <param name="extent"><see cref="Extent.Part"/>, or more for everything.</param>
    /// <param name="dirt">What was dirty: the steps' causes.</param>
    /// <param name="meanwhile">
    /// Called now and then while everything is planned, which takes a while on a big node: may handle events that <see cref="IsUndoing"/>, have the part planned
    /// and carried out that they make dirty, and says whether it did.
    /// </param>
    /// <returns>The plan.</returns>
    /// <exception cref="InputException">The configuration is wrong for this node: what was desired before is kept, and there is nothing to do for now.</exception>
    public Plan Plan(Extent extent, out Dirt dirt, Func<bool>? meanwhile = null)
    {
        dirt = Dirt;
        Dirt = new Dirt();
        SubnetsLost = 0;
        if (extent != Extent.Part)
        {
            return PlanWhole(meanwhile);
        }

        if (dirt.Reason is { } waiting)
        {
            Dirt.Add(dirt.Extent, waiting);
        }

        return PlanPart(dirt);
    }

    /// <summary>Writes a plan, and applies what was written to the model.</summary>
    /// <param name="writer">Writes.</param>
    /// <param name="plan">The plan.</param>
    /// <returns>What could not be done.</returns>
    public List<Failure> Apply(INodeWriter writer, Plan plan) => Applier.Apply(new RecordingWriter(writer, _model), Desired, plan);

    private Plan PlanPart(Dirt dirt)
    {
        if (Desired.Overlay is null)
        {
            // Nothing has been desired yet, so nothing is too much.
            return new Plan([], []);
        }

        NodeState part = _model.PartTo(dirt.Destinations, dirt.Concerns);
        DesiredState some = Desired.RestrictedTo(dirt.Destinations, dirt.Concerns, part);
        if (!dirt.AreRulesUndone)
        {
            (part, some) = (part with { Rules = [] }, some with { Rules = [] });
        }

        Plan whole = Diff.Between(some, part);
        if (dirt.IsOfMain)
        {
            _copies.Set(dirt.Destinations, some);
            Subnets = _copies.Subnets;
        }

        return whole with { Changes = [.. whole.Changes.Where(dirt.Concerns)] };
    }

    private Plan PlanWhole(Func<bool>? meanwhile)
    {
        NodeState state = _model.State with { Passed = Passed };
        bool isRepaired = false;
        DesiredState desired = Derive.From(_config, state, Meanwhile);
        if (desired.BadInput is { } wrong)
        {
            throw new InputException(wrong.Sentence);
        }

        Meanwhile();
        if (isRepaired)
        {
            state = _model.State with { Passed = Passed };
        }

        Plan plan = Diff.Between(desired, state);
        _copies.Set(desired);
        (Subnets, SubnetsLost) = (_copies.Subnets, Math.Max(0, Subnets - _copies.Subnets));
        Desired = desired with { Tables = [.. desired.Tables.Select(table => table with { Copies = [] })] };
        _model.Remember(Desired.TableNamesFile);
        Remember(desired.Filter!, state);
        return plan;

        void Meanwhile() => isRepaired |= meanwhile?.Invoke() == true;
    }

    private bool Any(Predicate<Route> condition) => _model.Any(condition) || Passed.Ways.Any(way => condition(way));
}
