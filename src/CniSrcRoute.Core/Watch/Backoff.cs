using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>
/// Delays repairs that somebody keeps undoing: each route and each rule separately, for twice as long each time. Everything else is repaired at once.
/// </summary>
public sealed class Backoff
{
    private const int UndoneLimit = 5;

    /// <summary>Short enough for a restart of systemd-networkd, which removes things card by card; doubled each time.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1) / 128;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly Dictionary<object, Entry> _entries = [];
    private readonly List<(TimeSpan Due, Change Step, Cause Cause)> _held = [];

    /// <summary>When the first of the steps that are held back is due; null when none is.</summary>
    public TimeSpan? Next => _held.Count == 0 ? null : _held.Min(held => held.Due);

    /// <summary>Takes the steps out of a plan that are not to be taken yet.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="dirt">What made them necessary.</param>
    /// <param name="now">The time, on the caller's clock.</param>
    /// <param name="pause">The longest pause among the steps that are taken.</param>
    /// <param name="undone">What it is for; null when there is none.</param>
    /// <returns>The plan without them.</returns>
    public Plan Filter(Plan plan, Dirt dirt, TimeSpan now, out TimeSpan pause, out Cause? undone)
    {
        (pause, undone) = (TimeSpan.Zero, null);
        Forget(now);
        List<Change> taken = new(plan.Changes.Count);
        HashSet<Rule> remade = RemadeIn(plan);
        foreach (Change step in plan.Changes)
        {
            if (step is RuleChange { Rule: var rule } && remade.Contains(rule))
            {
                taken.Add(step);
                continue;
            }

            if (_entries.TryGetValue(ObjectOf(step), out Entry? entry) && entry.NotBefore > now)
            {
                _held.RemoveAll(held => ObjectOf(held.Step).Equals(ObjectOf(step)));
                _held.Add((entry.NotBefore, step, dirt.CauseOf(step)));
                continue;
            }

            taken.Add(step);
            if (dirt.IsUndone(step))
            {
                entry ??= _entries[ObjectOf(step)] = new Entry();
                entry.Undone(now);
                if (entry.Pause > pause)
                {
                    (pause, undone) = (entry.Pause, dirt.CauseOf(step));
                }
            }
        }

        taken.RemoveAll(step => step is RuleChange { Rule: var rule } && remade.Contains(rule) && IsHeldAt(rule));
        return taken.Count == plan.Changes.Count ? plan : plan with { Changes = taken };
    }

    /// <summary>Has the steps planned again that were held back long enough.</summary>
    /// <param name="now">The time, on the caller's clock.</param>
    /// <param name="dirt">Where to add them.</param>
    public void Release(TimeSpan now, Dirt dirt)
    {
        foreach ((_, Change step, Cause cause) in _held.Where(held => held.Due <= now))
        {
            if (step is RouteChange route)
            {
                dirt.Add(route.Table, NodeModel.DestinationOf(route.Route), cause);
            }
            else
            {
                dirt.AddUndone(cause);
            }
        }

        _held.RemoveAll(held => held.Due <= now);
    }

    /// <summary>The rules that are removed and made again only to come after others that were undone: they wait as those do.</summary>
    private static HashSet<Rule> RemadeIn(Plan plan)
    {
        HashSet<Rule> added = [.. plan.Changes.OfType<RuleChange>().Where(step => step.Kind == ChangeKind.Add).Select(step => step.Rule)];
        return [.. plan.Changes.OfType<RuleChange>().Where(step => step.Kind == ChangeKind.Remove && added.Contains(step.Rule)).Select(step => step.Rule)];
    }

    private bool IsHeldAt(Rule remade) => _held.Exists(held =>
        held.Step is RuleChange { Kind: ChangeKind.Add, Rule: var rule } && rule.Family == remade.Family && rule.Priority == remade.Priority);

    private static object ObjectOf(Change step) => step switch
    {
        RouteChange route => (route.Table, route.Route.Key),
        RuleChange rule => rule.Rule,
        _ => step.GetType(),
    };

    private void Forget(TimeSpan now)
    {
        foreach ((object key, Entry entry) in _entries)
        {
            if (now - entry.Last > Window + entry.Pause)
            {
                _entries.Remove(key);
            }
        }
    }

    private sealed class Entry
    {
        private int _count;

        public TimeSpan Last { get; private set; }

        public TimeSpan Pause { get; private set; }

        public TimeSpan NotBefore => Last + Pause;

        public void Undone(TimeSpan now)
        {
            Last = now;
            Pause = ++_count < UndoneLimit ? TimeSpan.Zero
                : Pause == TimeSpan.Zero ? ShortestPause
                : 2 * Pause < LongestPause ? 2 * Pause : LongestPause;
        }
    }
}
