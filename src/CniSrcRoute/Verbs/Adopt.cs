using CniSrcRoute.Configuration;
using CniSrcRoute.Diagnosis;
using CniSrcRoute.Files;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute adopt`: the one command that removes what others have made, since it is asked to.</summary>
internal static class Adopt
{
    public static int Run(Options options)
    {
        Config config = NodeFiles.ReadConfig(options.ConfigFile);
        if (!options.DryRun && (Ask(config, options.Force) ?? Session.Reconcile(config, isForced: true)) is var status and not ExitStatus.Success)
        {
            return status;
        }

        // Our rules exist by now, so theirs can be removed: a source is never without a rule.
        using FileLock? held = options.DryRun ? null : Session.Lock();
        using var kernel = new Kernel();
        var round = Reconciliation.Read(kernel, config);
        var adoption = Adoption.Of(config.File, round.State, round.Desired);
        foreach (Finding finding in adoption.Missing)
        {
            Log.Warning(finding.Sentence);
        }

        var ip = new IpCommand(round.State);
        Log.Result(string.Concat(adoption.Changes.Select(change => ip.Format(change) + "\n")));
        List<Failure> failures = options.DryRun ? [] : Applier.Apply(new NodeWriter(kernel), round.Desired, new Plan(adoption.Changes, []));
        foreach (Failure failure in failures)
        {
            Log.Error(failure.Describe(round.State));
        }

        foreach (string line in NetworkFiles.Mentioning(round.State, adoption.Tables))
        {
            Log.Result($"remove by hand, or it will be made again at boot: {line}\n");
        }

        return failures.Count > 0 ? ExitStatus.Failure
            : adoption.Missing.Count > 0 || (options.DryRun && adoption.Changes.Count > 0) ? ExitStatus.Drift
            : ExitStatus.Success;
    }
    /// <summary>Looks at the connections that would change their way for what is written and for what is removed.</summary>
    /// <returns>The exit status where the node's own would; null where none does.</returns>
    private static int? Ask(Config config, bool isForced)
    {
        Session.RequirePrivilege();
        using var kernel = new Kernel();
        var round = Reconciliation.Read(kernel, config);
        round.RequireGoodInput();
        Plan both = round.Plan with { Changes = [.. round.Plan.Changes, .. Adoption.Of(config.File, round.State, round.Desired).Changes] };
        return Session.IsRefused(config, isForced ? [] : round.Diversions(kernel, both), isForced) ? ExitStatus.Interlocked : null;
    }
}
