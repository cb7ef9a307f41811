using CniSrcRoute.Conflist;
using CniSrcRoute.Files;

namespace CniSrcRoute.Node;

/// <summary>The files where runtimes look for network configurations.</summary>
internal static class Conflists
{
    private const string Usual = "/etc/cni/net.d";

    private const string OfK3s = "/var/lib/rancher/k3s/agent/etc/cni/net.d";

    // Where both are one, it is k3s's.
    private static IEnumerable<string> Directories => FileIdentity.Of(OfK3s) is { } k3s && k3s != FileIdentity.Of(Usual) ? [OfK3s, Usual]
        : Directory.Exists(OfK3s) ? [OfK3s] : [Usual];

    /// <summary>Whether a runtime reads a file: not one that somebody is working on elsewhere.</summary>
    public static bool IsRead(string file) => IsOfK3s(file) || file.StartsWith(Usual + "/", StringComparison.Ordinal);

    /// <summary>Whether it is k3s that reads it.</summary>
    public static bool IsOfK3s(string file) => file.StartsWith(OfK3s + "/", StringComparison.Ordinal);

    /// <summary>Where the runtime that reads a file would not find srcroute; null when it does, as far as can be told, or no runtime reads it.</summary>
    public static LackingPlugin? FindLackingPlugin(string file, ConflistFile conflist) => IsRead(file)
        ? PluginDirectories.FindLacking(file, conflist.Outline, directory => FileIdentity.Of($"{directory}/srcroute") is not null)
        : null;

    /// <summary>The file of the pods' network: k3s's where k3s is, flannel's where that is, otherwise the first by name, as runtimes choose.</summary>
    /// <param name="why">Why it is this one, where there are several; null otherwise.</param>
    /// <returns>The file; null for none.</returns>
    public static string? TryFind(out string? why)
    {
        List<string> all = [.. Directories.SelectMany(In)];
        List<string> ofPods = all.FindAll(file => new ConflistFile(file).Outline is not { IsForPods: false });
        List<string> near = ofPods.FindAll(IsOfK3s) is { Count: > 0 } ofK3s ? ofK3s : ofPods;
        string? flannels = near.Find(file => new ConflistFile(file).Outline is { IsFlannels: true });
        why = all.Count < 2 ? null
            : near.Count < all.Count && near.Exists(IsOfK3s) ? "since k3s reads it"
            : flannels is not null ? "since it is flannel's"
            : near.Count < all.Count ? "since the others are not for pods"
            : "the first by name";
        return flannels ?? near.FirstOrDefault();
    }

    /// <summary>The file of the pods' network.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static string Find() => TryFind(out _) ?? throw new InputException($"no network configuration for pods in {Usual} or {OfK3s}; name the file");

    /// <summary>Tells of a file that a runtime reads instead of another: containerd and CRI-O take the first by name.</summary>
    /// <param name="file">The file that has, or is to get, our entry.</param>
    /// <returns>A sentence; null when it is the first, or the first leads to it.</returns>
    public static string? Obscuring(string file)
    {
        string list = new ConflistFile(file).ListPath;
        if (!IsRead(file) || In(Path.GetDirectoryName(file)!).FirstOrDefault() is not { } first || first == file || first == list)
        {
            return null;
        }

        // Multus names the file, or has a copy of what is in it.
        string text = NodeFiles.ReadOrEmpty(first);
        bool isMultus = new ConflistFile(first).Outline is { Types: ["multus", ..] };
        return text.Contains($"\"{ConflistText.OurType}\"", StringComparison.Ordinal) || (isMultus && text.Contains(Path.GetFileName(list), StringComparison.Ordinal)) ? null
            : $"containerd and CRI-O read {first} instead of {file}, since its name comes first, and it does not name the plugin: " +
                (isMultus ? $"restart Multus, which copies {file} when it starts" : "move it away, or `srcroute conflist add` it, if it is the pods' network");
    }

    /// <summary>All files that a runtime may read.</summary>
    public static IEnumerable<string> All() => Directories.SelectMany(In);

    /// <summary>All files that have our entry.</summary>
    public static IEnumerable<string> FindEntries() => Directories.SelectMany(In).Where(IsWithEntry);

    private static IEnumerable<string> In(string directory) => !Directory.Exists(directory) ? []
        : Directory.EnumerateFiles(directory).Where(file => Path.GetExtension(file) is ".conf" or ".conflist" or ".json").Order(StringComparer.Ordinal);

    private static bool IsWithEntry(string file)
    {
        try
        {
            return new ConflistFile(file).HasEntry;
        }
        catch (InputException)
        {
            // Not a list, so it has no entry.
            return false;
        }
    }
}
