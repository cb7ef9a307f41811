namespace CniSrcRoute.Node;

/// <summary>What containerd's and CRI-O's own settings say. A look at single lines does for that; the rest of TOML is not needed.</summary>
internal static class RuntimeSettings
{
    /// <summary>The directories in which a runtime looks for plugins: a list for every place that names any.</summary>
    /// <exception cref="InputException">Others than root may write the settings.</exception>
    public static List<List<string>> PluginDirectories()
    {
        List<List<string>> named = [];
        AddAll("/etc/containerd/config.toml", "/etc/containerd/conf.d", "bin_dir", named);
        AddAll("/etc/crio/crio.conf", "/etc/crio/crio.conf.d", "plugin_dir", named);
        return named;
    }

    private static void AddAll(string file, string dropIns, string key, List<List<string>> named)
    {
        Add(file, key, named);
        foreach (string one in Directory.Exists(dropIns) ? Directory.GetFiles(dropIns) : [])
        {
            Add(one, key, named);
        }
    }

    // The key, which in the plural is one of a list.
    private static void Add(string file, string key, List<List<string>> named)
    {
        List<string>? open = null;
        List<string> refused = [];
        string[] lines = NodeFiles.ReadOrRefuse(file, refused).Split('\n');
        if (refused.Count > 0)
        {
            throw new InputException(refused[0]);
        }

        foreach (string text in lines)
        {
            string line = text.Split('#')[0], name = line.Split('=')[0].Trim();
            bool begins = name == key || name == key + "s";
            if (begins || open is not null)
            {
                open ??= [];
                AddQuoted(line, open);
                if (line.Contains(']', StringComparison.Ordinal) || (begins && !line.Contains('[', StringComparison.Ordinal)))
                {
                    if (open.Count > 0)
                    {
                        named.Add(open);
                    }

                    open = null;
                }
            }
        }
    }

    private static void AddQuoted(string line, List<string> directories)
    {
        string[] parts = line.Split('"', '\'');
        for (int i = 1; i < parts.Length; i += 2)
        {
            if (parts[i].StartsWith('/'))
            {
                directories.Add(parts[i].TrimEnd('/'));
            }
        }
    }
}
