using CniSrcRoute.Conflist;

namespace CniSrcRoute.Node;

/// <summary>The directories in which runtimes look for plugins.</summary>
internal static class PluginDirectories
{
    /// <summary>The usual one.</summary>
    public const string Usual = "/opt/cni/bin";

    /// <summary>k3s's own since October 2024; before that it had one a release.</summary>
    public const string OfK3s = K3sData + "/cni";

    private const string K3sData = "/var/lib/rancher/k3s/data";

    private static readonly string[] OfDistributions = [Usual, "/usr/lib/cni", "/usr/libexec/cni"];

    /// <summary>Those that contain plugins of others, and those that a runtime's settings name.</summary>
    public static List<string> Find()
    {
        List<string> found = [.. Array.FindAll(OfDistributions, HasPlugins)];
        foreach (List<string> named in RuntimeSettings.PluginDirectories())
        {
            List<string> there = named.FindAll(Directory.Exists);
            found.AddRange((there.Count > 0 ? there : [named[0]]).FindAll(directory => !found.Contains(directory)));
        }

        if (TryFindK3s() is { } k3s)
        {
            found.Add(k3s);
        }

        return found;
    }

    /// <summary>Where a runtime would not find srcroute, were it named in a network configuration.</summary>
    /// <param name="file">The file of that configuration.</param>
    /// <param name="outline">What it says; null when that is not understood.</param>
    /// <param name="stands">Whether srcroute is in a directory.</param>
    /// <returns>What is lacking; null when it finds it, as far as can be told.</returns>
    public static LackingPlugin? FindLacking(string file, NetworkOutline? outline, Predicate<string> stands)
    {
        if (Conflists.IsOfK3s(file))
        {
            string? k3s = TryFindK3s();
            return k3s is null ? LackingPlugin.OfUnseenK3s : stands(k3s) ? null : LackingPlugin.In(k3s);
        }

        List<List<string>> named = RuntimeSettings.PluginDirectories();
        foreach (List<string> directories in named)
        {
            if (!directories.Exists(stands))
            {
                return LackingPlugin.In(directories[0]);
            }
        }

        // Without settings, the runtime is assumed to look where the other plugins are.
        foreach (string type in named.Count > 0 || outline is null ? [] : outline.Types)
        {
            string[] holders = Array.FindAll(OfDistributions, directory => File.Exists($"{directory}/{type}"));
            if (holders.Length > 0 && !Array.Exists(holders, stands))
            {
                return LackingPlugin.In(holders[0]);
            }

            // The first one has made the network that is to be served, so somewhere it is.
            if (holders.Length == 0 && type == outline!.Types[0])
            {
                return LackingPlugin.BesideUnseen(type, OfDistributions);
            }
        }

        return null;
    }

    /// <summary>Whether a directory of k3s is one that the next release will not look in.</summary>
    public static bool IsOfOneRelease(string directory) => directory.StartsWith(K3sData, StringComparison.Ordinal) && directory != OfK3s;

    // By its own name, since the link will lead elsewhere. The kubelet makes the other directory, empty, where a DaemonSet asks for it.
    private static string? TryFindK3s()
    {
        const string Current = K3sData + "/current";
        string release = (Directory.Exists(Current) ? Directory.ResolveLinkTarget(Current, returnFinalTarget: true)?.FullName ?? Current : Current) + "/bin";
        return HasPlugins(OfK3s) ? OfK3s : HasPlugins(release) ? release : null;
    }

    private static bool HasPlugins(string directory) =>
        Directory.Exists(directory) &&
        Array.Exists(Directory.GetFileSystemEntries(directory), path => !Path.GetFileName(path).StartsWith("srcroute", StringComparison.Ordinal));
}
