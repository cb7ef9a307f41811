using CniSrcRoute.Files;
using CniSrcRoute.Node;
using CniSrcRoute.Processes;
using CniSrcRoute.Watch;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute watch`.</summary>
internal static class WatchVerb
{
    public static int Run(Options options)
    {
        using var hangup = new Hangup();
        Session.RequirePrivilege();
        using FileLock held = NodeLock.TryBecomeWatcher()
            ?? throw new InputException($"{NodeFiles.LockDirectory}/watch.lock: another srcroute watches this node already");
        if (Confirmation.Abandoned is { } sentence)
        {
            Log.Warning(sentence);
        }

        using var watcher = new Watcher(new WatchOptions(options.ConfigFile, options.Conflist, options.MetricsFile, options.MetricsListen), hangup);
        watcher.Run();
        return ExitStatus.Success;
    }
}
