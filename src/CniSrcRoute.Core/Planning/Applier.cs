namespace CniSrcRoute.Planning;

/// <summary>Carries a plan out.</summary>
public static class Applier
{
    /// <summary>
    /// Takes the steps in order. A table that lacks its guard or a route of its own card gets no new rule; then the rule and the table that served the
    /// source before stay. Everything else goes on: one copy that the kernel refuses is no reason to stop.
    /// </summary>
    /// <param name="writer">Writes.</param>
    /// <param name="desired">What the plan is to reach.</param>
    /// <param name="plan">The steps.</param>
    /// <returns>What could not be done.</returns>
    public static List<Failure> Apply(INodeWriter writer, DesiredState desired, Plan plan)
    {
        List<Failure> failures = [];
        List<TableId> incomplete = [];
        List<TableId> kept = [];
        List<Rule> missing = [];
        IReadOnlyList<Change> changes = plan.Changes;
        int next = 0;
        while (next < changes.Count)
        {
            List<Change> run = [];
            Type kind = changes[next].GetType();
            do
            {
                run.Add(changes[next++]);
            }
            while (run[0] is RouteChange or RuleChange && next < changes.Count && changes[next].GetType() == kind);

            run.RemoveAll(IsLeftOut);
            foreach (Refusal refusal in run.Count == 0 ? [] : writer.Write(run))
            {
                failures.Add(new Failure(run[refusal.Index], refusal.Reason));
                switch (run[refusal.Index])
                {
                    case RouteChange route when desired.IsEssential(route):
                        incomplete.Add(route.Table);
                        break;
                    case RuleChange { Kind: ChangeKind.Add } rule:
                        missing.Add(rule.Rule);
                        break;
                    default:
                        break;
                }
            }
        }

        return failures;

        bool IsLeftOut(Change change)
        {
            switch (change)
            {
                case RuleChange { Kind: ChangeKind.Add } rule when incomplete.Contains(new TableId(rule.Rule.Family, rule.Rule.Table)):
                    missing.Add(rule.Rule);
                    failures.Add(new Failure(change, "left out, since its table is not complete"));
                    return true;
                case RuleChange { Kind: ChangeKind.Remove } rule when missing.Exists(rule.Rule.IsForSameAs):
                    kept.Add(new TableId(rule.Rule.Family, rule.Rule.Table));
                    return true;
                case RouteChange { Kind: ChangeKind.Remove } route:
                    return kept.Contains(route.Table);
                default:
                    return false;
            }
        }
    }
}
