using CniSrcRoute.Linux;
using CniSrcRoute.Node;
using CniSrcRoute.Watch;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute watch`.</summary>
internal static class WatchVerb
{
    public static int Run(Options options)
    {
        using var hangup = Hangup.Take();
        Session.RequirePrivilege();
        using FileLock held = NodeLock.TryBecomeWatcher()
            ?? throw new InputException($"{NodeFiles.LockDirectory}/watch.lock: another srcroute watches this node already");
        using var watcher = new Watcher(new WatchOptions(options.ConfigFile, options.Conflist, options.MetricsFile, options.MetricsSocket), hangup);
        watcher.Run();
        return ExitStatus.Success;
    }
}
