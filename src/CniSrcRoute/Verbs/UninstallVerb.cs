using CniSrcRoute.Files;
using CniSrcRoute.Install;
using CniSrcRoute.Node;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute uninstall`.</summary>
internal static class UninstallVerb
{
    public static int Run(Options options)
    {
        if (options is { Root: null, DryRun: false })
        {
            Session.RequirePrivilege();
            Confirmation.RequireNone();
        }

        using FileLock? alone = InstallTarget.Enter(options);
        return UninstallPlan.Make(isLive: options.Root is null).Run(options.DryRun);
    }
}
