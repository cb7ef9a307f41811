using CniSrcRoute.Files;

namespace CniSrcRoute.Install;

/// <content>The files that install made.</content>
internal sealed partial class UninstallPlan
{
    // In the reverse order of making, so that a directory comes after what is in it.
    private void PlanFiles()
    {
        var seen = new HashSet<string> { Path.GetDirectoryName(Record.File)! };
        for (int i = _record.Lines.Count - 1; i >= 0; i--)
        {
            string line = _record.Lines[i], path = Record.PathOf(line);
            if (Record.Tells(line, Record.Entry) || !seen.Add(path))
            {
                continue;
            }

            Found there = Found.At(path);
            if (_record.Has(Record.Aside, path))
            {
                PlanReturn(path, there);
            }
            else if (there.What == Found.Directory.What && Record.Tells(line, there.What))
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
        string aside = Record.AsideOf(path);
        Found before = Found.At(aside);
        if (before.IsNothing)
        {
            // Not set aside yet, or put back already: what stands there is what was there before.
        }
        else if (there.What == before.What)
        {
            // Two names of one file: a kill came before ours took one of them.
            PlanRemoval(aside);
        }
        else if (there.IsNothing || _record.Has(there.What, path))
        {
            _procedure.Do("put", "put", $"back {path}", () => File.Move(aside, path, overwrite: true));
        }
        else
        {
            SayChanged(path);
            _procedure.Say($"left {aside}: it is what stood there before");
        }
    }

    private void PlanRemoval(string path)
    {
        _gone.Add(path);
        _procedure.Remove(path);
    }

    private void SayChanged(string path) => _procedure.Say($"left {path}: it has been changed since it was installed");

    private void PlanDirectory(string path)
    {
        if (Directory.EnumerateFileSystemEntries(path).All(_gone.Contains))
        {
            _gone.Add(path);
            _procedure.Do("remove", "removed", path, () => FileName.RemoveDirectory(path));
        }
        else
        {
            _procedure.Say($"left {path}: it is not empty");
        }
    }
}
