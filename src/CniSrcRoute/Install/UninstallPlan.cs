using CniSrcRoute.Node;
using CniSrcRoute.Planning;
using CniSrcRoute.Verbs;

namespace CniSrcRoute.Install;

/// <summary>What there is to do to have the node as it was before.</summary>
internal sealed partial class UninstallPlan
{
    private readonly Record _record = Record.Read();

    private readonly Procedure _procedure = new();

    private readonly HashSet<string> _gone = [];

    private UninstallPlan()
    {
    }

    /// <summary>Works it out.</summary>
    /// <param name="isLive">Whether this is the system that runs.</param>
    /// <exception cref="InputException">A file of the node is not understood, or somebody keeps the tables true.</exception>
    public static Procedure Make(bool isLive)
    {
        var plan = new UninstallPlan();
        plan._gone.UnionWith(Leftovers.Plan(plan._procedure, plan._record));
        if (!Record.Exists)
        {
            plan._procedure.Say($"nothing is installed: there is no {Record.File}");
            return plan._procedure;
        }

        plan.PlanAll(isLive);
        return plan._procedure;
    }

    private void PlanAll(bool isLive)
    {
        bool hasSystemd = isLive && Systemd.IsRunning;
        if (isLive)
        {
            PlanStop(hasSystemd);
        }

        // First: no runtime finds a plugin named that is not there.
        PlanEntries();
        if (isLive)
        {
            PlanTeardown();
        }

        PlanFiles();
        if (hasSystemd)
        {
            Systemd.PlanReload(_procedure);
        }

        _procedure.Do("remove", "removed", Record.File, Record.Remove);
    }

    private void PlanStop(bool hasSystemd)
    {
        bool isActive = hasSystemd && Systemd.IsActive(Systemd.Watch);
        if (NodeLock.IsWatched && !isActive)
        {
            throw new InputException($"srcroute watch runs on this node, not as {Systemd.Watch}, and would make everything anew; stop it first");
        }

        if (isActive)
        {
            Systemd.Plan(_procedure, "stop", "stopped", Systemd.Watch);
        }

        if (hasSystemd && Systemd.IsActive(Systemd.Bootstrap))
        {
            Systemd.Plan(_procedure, "stop", "stopped", Systemd.Bootstrap);
        }
    }

    private void PlanEntries()
    {
        HashSet<string> lists = [];
        foreach (string line in _record.Lines)
        {
            if (Record.Tells(line, Record.Entry) && new ConflistFile(Record.PathOf(line)) is { Exists: true } file)
            {
                PlanEntry(file, lists);
            }
        }

        if (_record.Has(Found.At(Layout.Binary).What, Layout.Binary) && !_record.Has(Record.Aside, Layout.Binary))
        {
            // Whoever put the entry there: the plugin it names goes.
            foreach (string file in Conflists.FindEntries())
            {
                PlanEntry(new ConflistFile(file), lists);
            }
        }
    }

    private void PlanEntry(ConflistFile file, HashSet<string> lists)
    {
        if (lists.Add(file.ListPath) && file.Removal() is { } remove)
        {
            if (file.Rewritten is { } rewritten)
            {
                _procedure.Say($"left {rewritten}: somebody has written it anew since, and what was set aside goes");
            }

            _procedure.Do("take", "took", $"srcroute out of {file.ListPath}", remove);
        }
    }

    private void PlanTeardown()
    {
        using var kernel = new Kernel();
        bool isThere = !Reconciliation.Read(kernel, config: null).Plan.IsEmpty;
        if (isThere)
        {
            _gone.Add(NamesFile.PathOf(NamesFileKind.Tables));
            _gone.Add(NamesFile.PathOf(NamesFileKind.Protocols));
            _procedure.Do("run", "ran", "srcroute teardown", TearDown);
        }

        // Tearing down makes one.
        if (isThere || Directory.Exists(NodeFiles.LockDirectory))
        {
            _procedure.Do("remove", "removed", $"the locks in {NodeFiles.LockDirectory}", NodeLock.Forget);
        }
    }

    private static void TearDown()
    {
        if (Session.Reconcile(config: null) != ExitStatus.Success)
        {
            throw new IOException("uninstall: not everything could be torn down; run it again");
        }
    }
}
