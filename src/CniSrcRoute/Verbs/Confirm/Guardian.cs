using CniSrcRoute.Configuration;
using CniSrcRoute.Files;
using CniSrcRoute.Node;
using CniSrcRoute.Processes;
using CniSrcRoute.Sockets;

namespace CniSrcRoute.Verbs.Confirm;

/// <summary>
/// Carries out a change and undoes it unless it is confirmed in time: a process of its own session, without a terminal, which the end of its caller does
/// not touch. Told to end, by a shutdown or the end of the session of who must not leave processes behind, it undoes at once.
/// </summary>
internal static class Guardian
{
    /// <summary>What a caller puts ahead of the command.</summary>
    public const string Word = "--guardian";

    /// <summary>How often it is looked whether somebody has confirmed, where the kernel does not tell of files.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Carries a configuration out.</summary>
    /// <param name="config">The configuration; null to desire nothing.</param>
    /// <param name="options">How; with a time to wait.</param>
    /// <returns>The exit status.</returns>
    /// <exception cref="InputException">A watcher runs, or the input is bad; nothing is changed.</exception>
    public static int Run(Config? config, Options options)
    {
        DetachedProgram.LeaveSession();
        SurviveLackOfMemory();
        using var hangup = new Hangup(takesEnd: true);
        if (NodeLock.IsWatched)
        {
            throw new InputException("--confirm: srcroute watch runs on this node and would repair what --confirm undoes; stop it first");
        }

        using var trial = new Trial(options.Confirm!.Value);
        int status;
        try
        {
            status = Session.Reconcile(config, options.Force, trial);
        }
        catch (Exception)
        {
            trial.Undo();
            throw;
        }

        if (!trial.HasBegun)
        {
            return status;
        }

        Say($"to keep this, press Enter or call `srcroute confirm` within {options.Confirm.Value.TotalSeconds:0} seconds; otherwise it is undone\n");
        Await(options.Confirm.Value, hangup);
        bool isUndone = trial.Undo();
        Say(isUndone ? "undone: nobody confirmed it\n" : "confirmed\n");
        return isUndone ? ExitStatus.Drift : status;
    }

    /// <summary>Has the kernel take other processes when memory runs out: nobody else would undo the change (proc_pid_oom_score_adj(5)).</summary>
    private static void SurviveLackOfMemory()
    {
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "-1000");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without CAP_SYS_RESOURCE it is a process like others.
        }
    }

    /// <summary>Waits until the change is confirmed, the time is up, or the process is to end.</summary>
    private static void Await(TimeSpan time, Hangup hangup)
    {
        using var watch = new FileWatch();
        _ = watch.Follow([Confirmation.Pending]);
        Span<bool> ready = stackalloc bool[2];
        long end = Environment.TickCount64 + (long)time.TotalMilliseconds;
        while (File.Exists(Confirmation.Pending) && Environment.TickCount64 < end)
        {
            TimeSpan left = TimeSpan.FromMilliseconds(end - Environment.TickCount64);
            Poll.Wait([hangup.Descriptor, watch.Descriptor], ready, left < Interval ? left : Interval);
            if (ready[0] && hangup.Drain())
            {
                return;
            }

            _ = ready[1] && watch.Drain();
        }
    }

    /// <summary>Tells the caller, who may be gone.</summary>
    private static void Say(string text)
    {
        try
        {
            Log.Result(text);
        }
        catch (IOException)
        {
            // Nobody listens any more; the rest has to be done all the same.
        }
    }
}
