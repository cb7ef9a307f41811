using CniSrcRoute.Files;
using CniSrcRoute.Install;
using CniSrcRoute.Node;
using CniSrcRoute.Processes;
using CniSrcRoute.Verbs.Confirm;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute install`.</summary>
internal static class InstallVerb
{
    public static int Run(Options options)
    {
        if (options is { Confirm: { } time, DryRun: false })
        {
            if (options.Root is not null)
            {
                throw new InputException("install: --confirm is for the system that runs, not for a tree of files");
            }

            // What can cut somebody off are routes and rules. When they are confirmed the services find them made; else nothing was installed.
            int status = Caller.Run(["bootstrap", $"--confirm={time.TotalSeconds:0}", .. options.Force ? (string[])["--force"] : []]);
            if (status != ExitStatus.Success)
            {
                return status;
            }
        }

        // Before the root changes, and by what it is rather than where: the file may have been replaced since it was started.
        byte[] binary = File.ReadAllBytes("/proc/self/exe");
        using FileLock? alone = InstallTarget.Enter(options);

        // In a pod nobody can be asked, and the watcher reports it. A plan is only printed.
        return options is { Root: null, DryRun: false, Force: false } && !Surroundings.AreOfPod && Session.WouldRefuse(NodeFiles.ReadConfig(path: null))
            ? ExitStatus.Interlocked
            : Installer.Run(Installer.PlanInstall(binary, isLive: options.Root is null), options.DryRun);
    }
}
