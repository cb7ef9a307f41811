namespace CniSrcRoute.Verbs;

/// <summary>`srcroute teardown`: the plan to a state in which nothing is desired. No configuration is read, so a broken one cannot keep us here.</summary>
internal static class Teardown
{
    public static int Run(Options options) => options.DryRun ? Session.PrintPlan(config: null) : Session.Reconcile(config: null, lenient: false);
}
