namespace CniSrcRoute.Diagnosis;

/// <summary>The files of a configuration in parts, as systemd and procps read them (sysctl.d(5), networkd.conf(5)).</summary>
internal static class DropIns
{
    /// <summary>Finds them.</summary>
    /// <param name="directories">Where to look. A file in an earlier directory takes the place of one of the same name in a later one.</param>
    /// <returns>The files in the order of their names, whichever directory they are in.</returns>
    public static IEnumerable<string> In(IEnumerable<string> directories)
    {
        var byName = new Dictionary<string, string>();
        foreach (string directory in directories.Where(Directory.Exists))
        {
            foreach (string file in Directory.EnumerateFiles(directory, "*.conf"))
            {
                byName.TryAdd(Path.GetFileName(file), file);
            }
        }

        foreach (string name in byName.Keys.Order(StringComparer.Ordinal))
        {
            yield return byName[name];
        }
    }
}
