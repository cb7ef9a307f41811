using CniSrcRoute.Planning;

namespace CniSrcRoute.Install;

/// <summary>What there is to do to have the node as it was before.</summary>
public sealed partial class UninstallPlanner
{
    private readonly INode _node;

    private readonly InstallRecord _record;

    private readonly List<InstallStep> _steps = [];

    private readonly HashSet<string> _gone = [];

    private UninstallPlanner(INode node, InstallRecord record) => (_node, _record) = (node, record);

    /// <summary>Works it out.</summary>
    /// <param name="node">The node.</param>
    /// <param name="record">What was made on it.</param>
    /// <exception cref="InputException">Something on the node is not understood, or somebody keeps the tables true.</exception>
    public static InstallPlan Plan(INode node, InstallRecord record)
    {
        var planner = new UninstallPlanner(node, record);
        planner.PlanAll();
        return new InstallPlan(planner._steps);
    }

    private void PlanAll()
    {
        _steps.AddRange(Leftovers.Find(_node, _record));
        _gone.UnionWith(_steps.OfType<RemoveFile>().Select(step => step.Path));
        if (_node.At(InstallRecord.File).IsNothing)
        {
            Say($"nothing is installed: there is no {InstallRecord.File}");
            return;
        }

        bool hasSystemd = _node is { IsLive: true, RunsSystemd: true };
        if (_node.IsLive)
        {
            PlanStop(hasSystemd);
        }

        // First: no runtime finds a plugin named that is not there.
        PlanEntries();
        if (_node.IsLive)
        {
            PlanTeardown();
        }

        PlanFiles();
        if (hasSystemd)
        {
            _steps.Add(new ReloadUnits());
        }

        _steps.Add(new RemoveRecord());
    }

    private void PlanStop(bool hasSystemd)
    {
        bool isActive = hasSystemd && _node.IsActive(Units.Watch);
        if (_node.IsWatched && !isActive)
        {
            throw new InputException($"srcroute watch runs on this node, not as {Units.Watch}, and would make everything again; stop it first");
        }

        if (isActive)
        {
            _steps.Add(new ControlUnit("stop", "stopped", Units.Watch));
        }

        if (hasSystemd && _node.IsActive(Units.Bootstrap))
        {
            _steps.Add(new ControlUnit("stop", "stopped", Units.Bootstrap));
        }
    }

    private void PlanEntries()
    {
        HashSet<string> lists = [];
        foreach (string line in _record.Lines.Where(line => InstallRecord.Tells(line, InstallRecord.Entry)))
        {
            PlanEntry(InstallRecord.PathOf(line), lists);
        }

        if (_record.Has(_node.At(Layout.Binary).What, Layout.Binary) && !_record.Has(InstallRecord.Aside, Layout.Binary))
        {
            // Whoever put the entry there: the plugin it names goes.
            foreach (string file in _node.Entries)
            {
                PlanEntry(file, lists);
            }
        }
    }

    private void PlanEntry(string file, HashSet<string> lists)
    {
        if (_node.EntryOf(file) is { } entry && lists.Add(entry.List))
        {
            if (entry.Rewritten is { } rewritten)
            {
                Say($"left {rewritten}: it has been rewritten since; the copy that was set aside is removed");
            }

            _steps.Add(new RemoveEntry(entry));
        }
    }

    private void PlanTeardown()
    {
        bool isThere = _node.HasOurs;
        if (isThere)
        {
            _gone.Add(NamesFile.PathOf(NamesFileKind.Tables));
            _gone.Add(NamesFile.PathOf(NamesFileKind.Protocols));
            _steps.Add(new TearDown());
        }

        // Tearing down makes one.
        if (isThere || _node.HasDirectory(_node.LockDirectory))
        {
            _steps.Add(new ForgetLocks(_node.LockDirectory));
        }
    }

    private void Say(string line) => _steps.Add(new Remark(line));
}
