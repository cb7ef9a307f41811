using CniSrcRoute.Configuration;
using CniSrcRoute.Node;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute sync`.</summary>
internal static class Sync
{
    public static int Run(Options options)
    {
        Config config = NodeFiles.ReadConfig(options.ConfigFile);
        return options.DryRun ? Session.PrintPlan(config) : Session.Reconcile(config, options);
    }
}
