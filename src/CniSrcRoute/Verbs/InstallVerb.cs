using CniSrcRoute.Install;
using CniSrcRoute.Linux;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute install`.</summary>
internal static class InstallVerb
{
    public static int Run(Options options)
    {
        // Before the root changes, and by what it is rather than where: the file may have been replaced since it was started.
        byte[] binary = File.ReadAllBytes("/proc/self/exe");
        using FileLock? alone = Site.Enter(options);
        return InstallPlan.Make(binary, isLive: options.Root is null).Run(options.DryRun);
    }
}
