using CniSrcRoute.Files;
using CniSrcRoute.Node;
using CniSrcRoute.Processes;

namespace CniSrcRoute.Install;

/// <summary>What there is to do to have srcroute on the node.</summary>
internal sealed class InstallPlan
{
    private readonly Record _record = Record.Read();

    private readonly Procedure _procedure = new();

    private readonly HashSet<string> _put = [];

    private InstallPlan()
    {
    }

    /// <summary>Works it out.</summary>
    /// <param name="binary">The program.</param>
    /// <param name="isLive">Whether this is the system that runs.</param>
    /// <exception cref="InputException">A file of the node is not understood.</exception>
    public static Procedure Make(byte[] binary, bool isLive)
    {
        // Better now than from services that do not start.
        _ = NodeFiles.ReadConfig(path: null);

        // As uninstall wants it.
        NodeFiles.RequireTrusted(Record.File);
        var plan = new InstallPlan();
        plan.Make(new Layout(binary, plan._procedure), isLive);
        return plan._procedure;
    }

    private void Make(Layout layout, bool isLive)
    {
        Leftovers.Plan(_procedure, _record);
        foreach (Item item in layout.Items)
        {
            Plan(item);
        }

        // Last: no runtime finds a plugin named that is not there.
        PlanEntry(layout);
        if (_put.Contains(Layout.DropIn))
        {
            _procedure.Say($"systemd-networkd reads {Layout.DropIn} when it starts the next time");
        }

        if (isLive && layout.HasUnits && Systemd.IsRunning)
        {
            PlanServices(layout);
        }
        else if (isLive && layout.HasUnits && !Surroundings.AreOfPod)
        {
            _procedure.Say("systemd does not run here, so nothing is started: run `srcroute bootstrap` and `srcroute watch`, or boot with systemd");
        }

        if (!_procedure.IsEmpty || _record.IsUnfinished)
        {
            _procedure.DoFirst("write", "wrote", Record.File, () => _record.Write(unfinished: true));
            _procedure.DoSilently(() => _record.Write(unfinished: false));
        }
    }

    private void Plan(Item item)
    {
        Found there = Found.At(item.Path);
        bool isOurs = _record.Has(there.What, item.Path);
        if (there.What == item.Wanted.What && there.Mode == item.Wanted.Mode)
        {
            _procedure.Say($"unchanged {item.Path}");
        }
        else if (there.IsNothing)
        {
            Put(item, "make", "made");
        }
        else if (item.OnConflict == OnConflict.Keep)
        {
            _procedure.Say($"kept {item.Path}");
        }
        else if (isOurs)
        {
            Put(item, "replace", "replaced");
        }
        else if (item.OnConflict == OnConflict.KeepForeign)
        {
            string why = _record.Knows(item.Path) ? "it has been changed since it was installed" : "it stood there before, and is another";
            _procedure.Say($"left {item.Path}: {why}");
        }
        else if (there == Found.Directory)
        {
            throw new InputException($"{item.Path}: a directory stands where srcroute belongs; move it away");
        }
        else
        {
            SetAside(item.Path);
            Put(item, "replace", "replaced");
        }
    }

    private void Put(Item item, string verb, string past)
    {
        _record.Add(item.Wanted.What, item.Path);
        _put.Add(item.Path);
        _procedure.Do(verb, past, item.Path, item.Put);
    }

    private void SetAside(string path)
    {
        string aside = Record.AsideOf(path);
        if (Found.At(aside).IsNothing)
        {
            _record.Add(Record.Aside, path);
            _procedure.Do("set", "set", $"aside {path} as {aside}", () => FileName.Add(path, aside));
        }
    }

    private void PlanEntry(Layout layout)
    {
        if (Conflists.TryFind(out string? reason) is not { } file)
        {
            _procedure.Say("no conflist for pods yet: " + (Surroundings.AreOfPod
                ? "the watcher puts the entry into it when it comes"
                : "`srcroute conflist add` puts the entry into it when it is there"));
            return;
        }

        if (reason is not null)
        {
            _procedure.Say($"chose {file}, {reason}; `srcroute conflist add FILE` is for another");
        }

        var conflist = new ConflistFile(file);
        if (conflist.Addition() is not { } add)
        {
            _procedure.Say($"unchanged {file}");
            return;
        }

        if (file.Contains('\n', StringComparison.Ordinal))
        {
            throw new InputException($"{file}: a name with a line break");
        }

        if (PluginDirectories.FindLacking(file, conflist.Outline, layout.HasPlugin) is { } lacking)
        {
            _procedure.Refuse($"{file} got no entry: {lacking.Why}; {lacking.Remedy}");
            return;
        }

        _record.Add(Record.Entry, file);
        _procedure.Do("add", "added", $"srcroute to {file}", add);
        if (!Surroundings.AreOfPod)
        {
            _procedure.Say("flannel and k3s write their conflist anew when they start: `srcroute watch --conflist FILE` keeps the entry there");
        }
    }

    private void PlanServices(Layout layout)
    {
        bool isNew =
            _record.IsUnfinished ||
            _put.Contains(Layout.Binary) ||
            _put.Contains($"{Systemd.Units}/{Systemd.Bootstrap}") ||
            _put.Contains($"{Systemd.Units}/{Systemd.Watch}");
        bool isWatched = Systemd.IsActive(Systemd.Watch);
        if (isNew)
        {
            Systemd.PlanReload(_procedure);
        }

        if (layout.IsEnabled(Systemd.Bootstrap) && !Systemd.IsActive(Systemd.Bootstrap))
        {
            Systemd.Plan(_procedure, "start", "started", Systemd.Bootstrap);
        }

        if (isNew && isWatched)
        {
            Systemd.Plan(_procedure, "restart", "restarted", Systemd.Watch);
        }
        else if (layout.IsEnabled(Systemd.Watch) && !isWatched)
        {
            Systemd.Plan(_procedure, "start", "started", Systemd.Watch);
        }
    }
}
