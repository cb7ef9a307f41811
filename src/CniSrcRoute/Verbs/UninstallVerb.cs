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
        return Installer.Run(Installer.PlanUninstall(isLive: options.Root is null), options.DryRun);
    }
}
