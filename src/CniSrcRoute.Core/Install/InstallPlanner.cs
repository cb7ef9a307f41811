namespace CniSrcRoute.Install;

/// <summary>What there is to do to have srcroute on the node.</summary>
public sealed class InstallPlanner
{
    private readonly INode _node;

    private readonly InstallRecord _record;

    private readonly List<InstallStep> _steps = [];

    private readonly HashSet<string> _put = [];

    private string? _refusal;

    private InstallPlanner(INode node, InstallRecord record) => (_node, _record) = (node, record);

    /// <summary>Works it out.</summary>
    /// <param name="node">The node.</param>
    /// <param name="record">What was made on it before.</param>
    /// <param name="binary">The program.</param>
    /// <param name="contents">What is in the other files, by their names.</param>
    /// <exception cref="InputException">Something on the node is in the way, or not understood.</exception>
    public static InstallPlan Plan(INode node, InstallRecord record, byte[] binary, Func<string, byte[]> contents)
    {
        var planner = new InstallPlanner(node, record);
        planner.PlanAll(new Layout(node, binary, contents));
        return new InstallPlan(planner._steps, planner._refusal);
    }

    private void PlanAll(Layout layout)
    {
        _steps.AddRange(layout.Remarks.Select(line => new Remark(line)));
        _steps.AddRange(Leftovers.Find(_node, _record));
        foreach (Item item in layout.Items)
        {
            Plan(item);
        }

        // Last: no runtime finds a plugin named that is not there.
        PlanEntry(layout);
        if (_put.Contains(Layout.DropIn))
        {
            Say($"systemd-networkd reads {Layout.DropIn} the next time it starts; until then it removes rules of others whenever a card is plugged in, and the watcher restores ours");
        }

        if (_node is { IsLive: true, RunsSystemd: true } && layout.HasUnits)
        {
            PlanServices(layout);
        }
        else if (_node is { IsLive: true, IsSeenFromPod: false } && layout.HasUnits)
        {
            Say("systemd does not run here, so nothing is started: run `srcroute bootstrap` and `srcroute watch`, or boot with systemd");
        }

        if (_record.IsUnfinished || !new InstallPlan(_steps).IsEmpty)
        {
            _steps.Insert(0, new WriteRecord(_record.Format(unfinished: true)));
            _steps.Add(new WriteRecord(_record.Format(unfinished: false), IsLast: true));
        }
    }

    private void Plan(Item item)
    {
        Found there = _node.At(item.Path);
        bool isOurs = _record.Has(there.What, item.Path);
        if (there.What == item.Wanted.What && there.Mode == item.Wanted.Mode)
        {
            Say($"unchanged {item.Path}");
        }
        else if (there.IsNothing)
        {
            Put(item, replaces: false);
        }
        else if (item.OnConflict == OnConflict.Keep)
        {
            Say($"kept {item.Path}");
        }
        else if (isOurs)
        {
            Put(item, replaces: true);
        }
        else if (item.OnConflict == OnConflict.KeepForeign)
        {
            string why = _record.Knows(item.Path) ? "it has been changed since it was installed" : "it was there before, and is a different file";
            Say($"left {item.Path}: {why}");
        }
        else if (there == Found.Directory)
        {
            throw new InputException($"{item.Path}: a directory is in the place of srcroute; move it away");
        }
        else
        {
            SetAside(item.Path, there);
            Put(item, replaces: true);
        }
    }

    private void Put(Item item, bool replaces)
    {
        _record.Add(item.Wanted.What, item.Path);
        _put.Add(item.Path);
        _steps.Add(new PutItem(item, replaces));
    }

    private void SetAside(string path, Found there)
    {
        string aside = InstallRecord.AsideOf(path);
        Found kept = _node.At(aside);
        if (kept.IsNothing)
        {
            _record.Add(InstallRecord.Aside, path);
            _steps.Add(new SetAside(path));
        }
        else if (kept.What != there.What || !_record.Has(InstallRecord.Aside, path))
        {
            // Not what a kill left between this step and the next: it would be lost.
            throw new InputException($"{path}: another file is in the place of srcroute and cannot be set aside, because {aside} exists; move one of them away");
        }
    }

    private void PlanEntry(Layout layout)
    {
        if (_node.PodNetwork is not { } network)
        {
            Say("no conflist for pods yet: " + (_node.IsSeenFromPod
                ? "the watcher adds the entry when there is one"
                : "run `srcroute conflist add` when there is one"));
            return;
        }

        string file = network.File;
        if (network.Why is { } why)
        {
            Say($"chose {file}, {why}; for another one run `srcroute conflist add FILE`");
        }

        if (network.HasEntry)
        {
            Say($"unchanged {file}");
        }
        else if (file.Contains('\n', StringComparison.Ordinal))
        {
            throw new InputException($"{file}: the name has a line break");
        }
        else if (_node.Lacking(file, layout.HasPlugin) is { } lacking)
        {
            _refusal = $"{file} got no entry: {lacking}";
        }
        else
        {
            _record.Add(InstallRecord.Entry, file);
            _steps.Add(new AddEntry(file));
            if (!_node.IsSeenFromPod)
            {
                Say("flannel and k3s rewrite their conflist when they start: `srcroute watch --conflist FILE` keeps the entry there");
            }
        }
    }

    private void PlanServices(Layout layout)
    {
        bool isNew =
            _record.IsUnfinished ||
            _put.Contains(Layout.Binary) ||
            _put.Contains(Units.FileOf(Units.Bootstrap)) ||
            _put.Contains(Units.FileOf(Units.Watch));
        bool isWatched = _node.IsActive(Units.Watch);
        if (isNew)
        {
            _steps.Add(new ReloadUnits());
        }

        if (layout.IsEnabled(Units.Bootstrap) && !_node.IsActive(Units.Bootstrap))
        {
            _steps.Add(new ControlUnit("start", "started", Units.Bootstrap));
        }

        if (isNew && isWatched)
        {
            _steps.Add(new ControlUnit("restart", "restarted", Units.Watch));
        }
        else if (layout.IsEnabled(Units.Watch) && !isWatched)
        {
            _steps.Add(new ControlUnit("start", "started", Units.Watch));
        }
    }

    private void Say(string line) => _steps.Add(new Remark(line));
}
