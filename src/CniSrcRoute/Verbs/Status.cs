using CniSrcRoute.Configuration;
using CniSrcRoute.Diagnosis;
using CniSrcRoute.Node;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute status`.</summary>
internal static class Status
{
    /// <summary>How old the watcher's last word may be: it verifies once a minute.</summary>
    private static readonly TimeSpan VerificationLasts = TimeSpan.FromMinutes(3);

    public static int Run(Options options)
    {
        if (options.Watcher)
        {
            return RunForWatcher();
        }

        Garbage.LetLie();
        Config config = NodeFiles.ReadConfig(options.ConfigFile);
        using var kernel = new Kernel();
        var round = Reconciliation.Read(kernel, config);
        StatusReport report = StatusReport.Of(round, NodeDiagnosis.On(kernel, round));
        if (options.Json)
        {
            Log.Result(StatusJson.Format(report));
        }
        else
        {
            Log.Prose(StatusText.Format(report, Log.Width));
        }

        return report.IsHealthy ? ExitStatus.Success : ExitStatus.Drift;
    }

    // For a probe: how the sources are is another question, and no restart or shift of work would repair a card.
    private static int RunForWatcher()
    {
        // The clock may have been put back since.
        bool isFresh = (DateTime.UtcNow - NodeLock.LastVerification).Duration() < VerificationLasts;
        bool works = NodeLock.IsWatched && isFresh;
        Log.Result(
            works ? "the watcher works\n"
            : NodeLock.IsWatched ? $"the watcher runs, but has not verified the node in the last {VerificationLasts.TotalMinutes:0} minutes: see its log\n"
            : "no watcher runs on this node\n");
        return works ? ExitStatus.Success : ExitStatus.Drift;
    }
}
