using CniSrcRoute.Node;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute teardown`: the plan to a state in which nothing is desired. No configuration is read, so a broken one cannot keep us here.</summary>
internal static class Teardown
{
    public static int Run(Options options)
    {
        if (options.DryRun)
        {
            return Session.PrintPlan(config: null);
        }

        return !NodeLock.IsWatched
            ? Session.Reconcile(config: null, options)
            : throw new InputException("teardown: srcroute watch runs on this node and would make everything again; stop it first");
    }
}
