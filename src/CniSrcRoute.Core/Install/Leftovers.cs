namespace CniSrcRoute.Install;

/// <summary>What a run that was killed has left: everything it was about to write is in the record.</summary>
internal static class Leftovers
{
    /// <summary>The steps that remove it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="record">What was to be made.</param>
    public static List<InstallStep> Find(INode node, InstallRecord record)
    {
        IEnumerable<string> written = record.Lines.Select(line => InstallRecord.Tells(line, InstallRecord.Entry)
            ? node.TargetOf(InstallRecord.PathOf(line))
            : InstallRecord.PathOf(line));
        List<InstallStep> steps =
        [
            .. written.Prepend(InstallRecord.File).Select(path => path + Ownership.TemporarySuffix).Distinct()
                .Where(path => node.At(path) is var there && !there.IsNothing && there != Found.Directory)
                .Select(path => new RemoveFile(path)),
        ];
        if (node.HasDirectory(InstallRecord.TemporaryDirectory))
        {
            steps.Add(new RemoveRecordRemains());
        }

        return steps;
    }
}
