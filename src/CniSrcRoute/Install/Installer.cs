using CniSrcRoute.Files;
using CniSrcRoute.Node;
using CniSrcRoute.Verbs;

namespace CniSrcRoute.Install;

/// <summary>Carries out what was planned, the one place that does.</summary>
internal static class Installer
{
    /// <summary>Plans to have srcroute on the node.</summary>
    /// <param name="binary">The program.</param>
    /// <param name="isLive">Whether this is the system that runs.</param>
    /// <exception cref="InputException">A file of the node is not understood.</exception>
    public static InstallPlan PlanInstall(byte[] binary, bool isLive)
    {
        // Better now than from services that do not start.
        _ = NodeFiles.ReadConfig(path: null);

        // As uninstall wants it.
        NodeFiles.RequireTrusted(InstallRecord.File);
        return InstallPlanner.Plan(new DiskNode(isLive), RecordFile.Read(), binary, name => InstalledFiles.Text(name).ToArray());
    }

    /// <summary>Plans to have the node as it was before.</summary>
    /// <param name="isLive">Whether this is the system that runs.</param>
    /// <exception cref="InputException">A file of the node is not understood, or somebody keeps the tables true.</exception>
    public static InstallPlan PlanUninstall(bool isLive) => UninstallPlanner.Plan(new DiskNode(isLive), RecordFile.Read());

    /// <summary>Takes the steps, or tells them.</summary>
    /// <returns>The exit status.</returns>
    /// <exception cref="InputException">Something was refused, and the rest is done.</exception>
    public static int Run(InstallPlan plan, bool dryRun)
    {
        foreach (InstallStep step in plan.Steps)
        {
            if (!dryRun)
            {
                Take(step);
            }

            if (step.What.Length > 0)
            {
                string verb = step is Remark ? "" : dryRun ? $"would {step.Verb} " : step.Past + " ";
                Log.Result(Printable.Line(verb + step.What) + "\n");
            }
        }

        if (plan.IsEmpty)
        {
            Log.Result("nothing to do\n");
        }

        return plan.Refusal is { } refusal ? throw new InputException(refusal) : dryRun && !plan.IsEmpty ? ExitStatus.Drift : ExitStatus.Success;
    }

    private static void Take(InstallStep step)
    {
        switch (step)
        {
            case Remark:
                break;
            case PutItem { Item: var item }:
                Put(item);
                break;
            case RemoveFile { Path: var path }:
                File.Delete(path);
                break;
            case RemoveDirectory { Path: var path }:
                FileName.RemoveDirectory(path);
                break;
            case SetAside { Path: var path }:
                FileName.Add(path, InstallRecord.AsideOf(path));
                break;
            case PutBack { Path: var path }:
                File.Move(InstallRecord.AsideOf(path), path, overwrite: true);
                break;
            case AddEntry { File: var file }:
                new ConflistFile(file).Add();
                break;
            case RemoveEntry { Entry.File: var file }:
                new ConflistFile(file).Remove();
                break;
            case ControlUnit { Verb: var verb, Unit: var unit }:
                Systemd.Control(verb, unit);
                break;
            case ReloadUnits:
                Systemd.Control("daemon-reload");
                break;
            case WriteRecord { Text: var text }:
                RecordFile.Write(text);
                break;
            case RemoveRecord:
                RecordFile.Remove();
                break;
            case RemoveRecordRemains:
                RecordFile.RemoveRemains();
                break;
            case TearDown:
                if (Session.Reconcile(config: null) != ExitStatus.Success)
                {
                    throw new IOException("uninstall: not everything could be torn down; run it again");
                }

                break;
            case ForgetLocks:
                NodeLock.Forget();
                break;
            default:
                throw new ArgumentException(step.ToString());
        }
    }

    private static void Put(Item item)
    {
        if (item.Wanted == Found.Directory)
        {
            AtomicFile.MakeDirectory(item.Path);
        }
        else if (item.Wanted.LeadsTo is { } target)
        {
            AtomicFile.Link(item.Path, target);
        }
        else
        {
            AtomicFile.Write(item.Path, item.Bytes.Span, item.Wanted.Mode, outlastsPowerFailure: true);
        }
    }
}
