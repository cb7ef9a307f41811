using CniSrcRoute.Configuration;
using CniSrcRoute.Files;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;
using CniSrcRoute.Processes;
using CniSrcRoute.Verbs.Confirm;

namespace CniSrcRoute.Verbs;

/// <summary>What the commands that change the node have in common.</summary>
internal static class Session
{
    /// <summary>How long another srcroute may hold the lock. The longest work, a first bootstrap of thousands of routes, takes well under a second.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Carries out what a configuration asks for, as the command line says.</summary>
    /// <param name="config">The configuration; null to desire nothing.</param>
    /// <param name="options">With a time for a confirmation this process is its guardian.</param>
    /// <exception cref="InputException">The process may not change the network, or the input is bad.</exception>
    public static int Reconcile(Config? config, Options options) =>
        options.Confirm is null ? Reconcile(config, options.Force) : Guardian.Run(config, options);

    /// <summary>Carries out what a configuration asks for, under the lock.</summary>
    /// <param name="config">The configuration; null to desire nothing.</param>
    /// <param name="isForced">Whether it is done even if a connection that the node has opened changes its path.</param>
    /// <param name="trial">Records what there is before the first step, to undo it; null when no confirmation is needed.</param>
    /// <exception cref="InputException">The process may not change the network, another change waits for its confirmation, or the input is bad.</exception>
    public static int Reconcile(Config? config, bool isForced = false, Trial? trial = null)
    {
        RequirePrivilege();
        using FileLock held = Lock();
        Confirmation.RequireNone();
        using var kernel = new Kernel();
        Reconciliation round = Reconciliation.Read(kernel, config);
        round.RequireGoodInput();
        List<Finding> diversions = round.Diversions(kernel);
        if (IsRefused(config, diversions, isForced))
        {
            return ExitStatus.Interlocked;
        }

        if (Confirmation.Forget() is { } forgotten)
        {
            Log.Result(forgotten + "\n");
        }

        if (!round.Plan.IsEmpty)
        {
            trial?.Begin(kernel, round);
        }

        List<Failure> failures = round.Apply(kernel);
        Report(round, diversions, failures);
        return failures.TrueForAll(failure => failure.IsCosmetic) ? ExitStatus.Success : ExitStatus.Failure;
    }

    /// <summary>Reports why nothing is written, where a connection that the node has opened would change its path.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="diversions">The connections that would.</param>
    /// <param name="isForced">Whether it is done all the same.</param>
    public static bool IsRefused(Config? config, List<Finding> diversions, bool isForced)
    {
        if (isForced || diversions.Find(finding => finding.Code == FindingCode.OwnConnectionDiverted) is not { } own)
        {
            return false;
        }

        Tell(diversions.FindAll(finding => finding != own));
        Log.Error($"nothing is written: {own.Sentence}; {own.Cure} in {config!.File} leaves such connections alone, --force writes all the same");
        return true;
    }

    /// <summary>Checks, before services are installed, what their first bootstrap would do; the services do not check.</summary>
    /// <param name="config">The configuration.</param>
    /// <returns>Whether it is not to be; it has been told why.</returns>
    public static bool WouldRefuse(Config config)
    {
        using var kernel = new Kernel();
        return IsRefused(config, Reconciliation.Read(kernel, config).Diversions(kernel), isForced: false);
    }

    /// <summary>Prints the plan, and the same warnings as those who carry it out; changes nothing.</summary>
    /// <param name="config">The configuration; null to desire nothing.</param>
    /// <exception cref="InputException">The input is bad.</exception>
    public static int PrintPlan(Config? config)
    {
        using var kernel = new Kernel();
        Reconciliation round = Reconciliation.Read(kernel, config);
        round.RequireGoodInput();
        Warn([.. round.Findings, .. round.Diversions(kernel)]);
        var ip = new IpCommand(round.State);
        Log.Result(string.Concat(round.Plan.Changes.Select(change => ip.Format(change) + "\n")));

        return round.Plan.IsEmpty ? ExitStatus.Success : ExitStatus.Drift;
    }

    /// <summary>Takes the node's lock.</summary>
    /// <exception cref="InputException">Another has held it for all that time.</exception>
    public static FileLock Lock() =>
        NodeLock.TryAcquireInTurn(LockTimeout)
        ?? throw new InputException($"{NodeFiles.LockDirectory}/lock: another srcroute has held it for {LockTimeout.TotalSeconds:0} seconds");

    /// <exception cref="InputException">The process may not change the network.</exception>
    public static void RequirePrivilege()
    {
        if (!Privilege.CanAdministerNetwork)
        {
            throw new InputException("changing routes and rules needs the capability CAP_NET_ADMIN; run it as root");
        }
    }

    private static string Told(Finding finding) => Wrapping.Keep(finding.Sentence, finding.Cure);

    private static void Warn(IReadOnlyList<Finding> findings)
    {
        foreach (Finding finding in findings.Where(finding => finding.Severity > Severity.Note))
        {
            Log.Warning(Told(finding));
        }
    }

    private static void Tell(IReadOnlyList<Finding> findings)
    {
        foreach (Finding note in findings.Where(finding => finding.Severity == Severity.Note))
        {
            Log.Prose(Printable.Line(Told(note)) + "\n");
        }
    }

    private static void Report(Reconciliation round, List<Finding> diversions, List<Failure> failures)
    {
        Finding[] findings = [.. round.Findings, .. diversions];
        Warn(findings);
        foreach (Failure failure in failures)
        {
            if (failure.IsCosmetic)
            {
                Log.Warning(failure.Describe(round.State));
            }
            else
            {
                Log.Error(failure.Describe(round.State));
            }
        }

        Tell(findings);
        Log.Result(Summary(round.Plan, failures) + "\n");
    }

    private static string Summary(Plan plan, List<Failure> failures)
    {
        HashSet<Change> failed = [.. failures.ConvertAll(failure => failure.Change)];
        bool marksFailed = failures.Exists(failure => failure.Change is MarkTableChange);
        List<string> parts = [];
        foreach ((ChangeKind kind, string word) in new[] { (ChangeKind.Add, "added"), (ChangeKind.Replace, "changed"), (ChangeKind.Remove, "removed") })
        {
            List<Change> done =
                [.. plan.Changes.Where(change => change.Kind == kind && !failed.Contains(change) && !(change is MarkTableChange && marksFailed))];
            Count<RouteChange>(done, "route", word, parts);
            Count<RuleChange>(done, "rule", word, parts);
            Count<SysctlChange>(done, "sysctl", word, parts);
            Count<MarkTableChange>(done, "table of nftables", word, parts);
        }

        return plan.IsEmpty ? "nothing to do" : parts.Count > 0 ? string.Join(", ", parts) : failures.Count > 0 ? "nothing changed" : "names written";
    }

    private static void Count<T>(List<Change> done, string noun, string word, List<string> parts)
        where T : Change
    {
        int count = done.FindAll(change => change is T).Count;
        if (count > 0)
        {
            parts.Add($"{count} {noun}{(count > 1 ? "s" : "")} {word}");
        }
    }
}
