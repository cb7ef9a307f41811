namespace CniSrcRoute.Install;

/// <content>The files that install made.</content>
public sealed partial class UninstallPlanner
{
    // In the reverse order of making, so that a directory comes after what is in it.
    private void PlanFiles()
    {
        var seen = new HashSet<string> { InstallRecord.OwnDirectory };
        for (int i = _record.Lines.Count - 1; i >= 0; i--)
        {
            string line = _record.Lines[i], path = InstallRecord.PathOf(line);
            if (InstallRecord.Tells(line, InstallRecord.Entry) || !seen.Add(path))
            {
                continue;
            }

            Found there = _node.At(path);
            if (_record.Has(InstallRecord.Aside, path))
            {
                PlanReturn(path, there);
            }
            else if (there.What == Found.Directory.What && InstallRecord.Tells(line, there.What))
            {
                PlanDirectory(path);
            }
            else if (_record.Has(there.What, path))
            {
                PlanRemoval(path);
            }
            else if (!there.IsNothing)
            {
                SayChanged(path);
            }
        }
    }

    private void PlanReturn(string path, Found there)
    {
        string aside = InstallRecord.AsideOf(path);
        Found before = _node.At(aside);
        if (before.IsNothing)
        {
            // Not set aside yet, or put back already: the file is what was there before.
        }
        else if (there.What == before.What)
        {
            // Two names of one file: a kill came before ours took one of them.
            PlanRemoval(aside);
        }
        else if (there.IsNothing || _record.Has(there.What, path))
        {
            _steps.Add(new PutBack(path));
        }
        else
        {
            SayChanged(path);
            Say($"left {aside}: it is the file that was there before");
        }
    }

    private void PlanRemoval(string path)
    {
        _gone.Add(path);
        _steps.Add(new RemoveFile(path));
    }

    private void SayChanged(string path) => Say($"left {path}: it has been changed since it was installed");

    private void PlanDirectory(string path)
    {
        if (_node.In(path).All(_gone.Contains))
        {
            _gone.Add(path);
            _steps.Add(new RemoveDirectory(path));
        }
        else
        {
            Say($"left {path}: it is not empty");
        }
    }
}
