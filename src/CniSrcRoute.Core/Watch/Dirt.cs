using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>What has to be planned again, and why: of each kind of cause the first is kept.</summary>
public sealed class Dirt
{
    private readonly Dictionary<RouteKey, CauseKind> _destinations = [];
    private readonly HashSet<TableId> _tables = [];
    private readonly Cause?[] _causes = new Cause?[(int)CauseKind.Verification + 1];
    private CauseKind? _rest;
    private bool _marks;

    /// <summary>How much it is.</summary>
    public Extent Extent { get; private set; }

    /// <summary>The destinations whose routes have changed.</summary>
    public IReadOnlyCollection<RouteKey> Destinations => _destinations.Keys;

    /// <summary>Why everything is to be planned, or read; null when it is not.</summary>
    public Cause? Reason => _rest is { } kind ? _causes[(int)kind] : null;

    /// <summary>Whether somebody undid a rule of ours.</summary>
    public bool AreRulesUndone { get; private set; }

    /// <summary>Whether there is a part that can be planned without the rest.</summary>
    public bool HasPart => AreRulesUndone || _marks || _destinations.Count > 0;

    /// <summary>Whether routes of main have changed, of which every table may have a copy.</summary>
    public bool IsOfMain { get; private set; }

    /// <summary>Routes to a destination have changed.</summary>
    /// <param name="table">In which table.</param>
    /// <param name="destination">See <see cref="NodeModel.DestinationOf"/>.</param>
    /// <param name="cause">Why.</param>
    public void Add(TableId table, RouteKey destination, Cause cause)
    {
        IsOfMain |= table.Number == TableId.Main;
        _tables.Add(table);
        _destinations.TryAdd(destination, cause.Kind);
        Add(Extent.Part, cause);
    }

    /// <summary>Somebody undid a rule of ours, or our nftables table.</summary>
    /// <param name="cause">Why.</param>
    public void AddUndone(Cause cause)
    {
        AreRulesUndone |= cause.Kind == CauseKind.Rule;
        _marks |= cause.Kind == CauseKind.Nftables;
        Add(Extent.Part, cause);
    }

    /// <summary>Much has changed.</summary>
    /// <param name="extent">How much.</param>
    /// <param name="cause">Why.</param>
    public void Add(Extent extent, Cause cause)
    {
        _causes[(int)cause.Kind] ??= cause;
        if (extent > Extent.Part && _rest is null)
        {
            (_rest, _causes[(int)cause.Kind]) = (cause.Kind, cause);
        }

        Extent = extent > Extent ? extent : Extent;
    }

    /// <summary>Whether a cause of that kind is known already, so that no words need be made for another.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>The cause; null for none.</returns>
    public Cause? Find(CauseKind kind) => _causes[(int)kind];

    /// <summary>Whether the part that is to be planned reaches into a table.</summary>
    /// <param name="table">The table.</param>
    /// <returns>True when routes of it have changed, or routes of main.</returns>
    public bool Concerns(TableId table) => IsOfMain || table.Number == TableId.Main || _tables.Contains(table);

    /// <summary>Whether a step of a plan for a part belongs to that part.</summary>
    /// <param name="step">The step.</param>
    /// <returns>True when it does.</returns>
    public bool Concerns(Change step) => step switch
    {
        RouteChange => true,
        RuleChange => AreRulesUndone,
        MarkTableChange => _marks,
        _ => false,
    };

    /// <summary>Whether a step repairs what somebody else undid.</summary>
    /// <param name="step">A step of the plan for what is dirty.</param>
    /// <returns>True when it does.</returns>
    public bool IsUndone(Change step) => step switch
    {
        RouteChange route => KindOf(route) == CauseKind.Route,
        RuleChange => AreRulesUndone,
        MarkTableChange => _marks,
        _ => false,
    };

    /// <summary>What made a step necessary.</summary>
    /// <param name="step">A step of the plan for what is dirty.</param>
    /// <returns>The cause.</returns>
    public Cause CauseOf(Change step)
    {
        CauseKind kind = step switch
        {
            SysctlChange { Value: true } when _rest == CauseKind.Verification => CauseKind.Sysctl,
            RouteChange route when KindOf(route) is { } known && (known != CauseKind.Card || _rest is null) => known,
            RuleChange when AreRulesUndone => CauseKind.Rule,
            MarkTableChange when _marks => CauseKind.Nftables,
            _ => _rest ?? CauseKind.Main,
        };
        return kind == CauseKind.Sysctl ? Cause.OfSysctl : _causes[(int)kind] ?? new Cause(kind, "main changed");
    }

    private CauseKind? KindOf(RouteChange step) =>
        _destinations.TryGetValue(NodeModel.DestinationOf(step.Route), out CauseKind kind) ? kind : null;
}
