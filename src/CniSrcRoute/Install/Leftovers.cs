using CniSrcRoute.Node;

namespace CniSrcRoute.Install;

/// <summary>What a run that was killed has left: everything it was about to write is in the record.</summary>
internal static class Leftovers
{
    /// <summary>Plans to remove it.</summary>
    /// <param name="procedure">The plan.</param>
    /// <param name="record">What was to be made.</param>
    /// <returns>The files that are going to be removed.</returns>
    public static HashSet<string> Plan(Procedure procedure, Record record)
    {
        HashSet<string> gone = [];
        Plan(Record.File);
        foreach (string line in record.Lines)
        {
            string path = Record.PathOf(line);
            Plan(Record.Tells(line, Record.Entry) ? new ConflistFile(path).Target : path);
        }

        if (Directory.Exists(Record.TemporaryDirectory))
        {
            procedure.Do("remove", "removed", Record.TemporaryDirectory, Record.RemoveRemains);
        }

        return gone;

        void Plan(string path)
        {
            string file = path + AtomicFile.TemporarySuffix;
            if (File.Exists(file) && gone.Add(file))
            {
                procedure.Remove(file);
            }
        }
    }
}
