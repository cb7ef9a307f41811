namespace CniSrcRoute.Install;

/// <summary>A node as install and uninstall look at it, before anything is changed.</summary>
public interface INode
{
    /// <summary>Whether it is the system that runs, not a tree of files.</summary>
    bool IsLive { get; }

    /// <summary>Whether it is seen from a pod.</summary>
    bool IsSeenFromPod { get; }

    /// <summary>Whether systemd runs it (sd_booted(3)).</summary>
    bool RunsSystemd { get; }

    /// <summary>Whether somebody keeps its tables true.</summary>
    bool IsWatched { get; }

    /// <summary>Whether its kernel has routes, rules or anything else of ours.</summary>
    bool HasOurs { get; }

    /// <summary>Where our locks are, there or not.</summary>
    string LockDirectory { get; }

    /// <summary>The directories in which its runtimes look for plugins.</summary>
    IReadOnlyList<PluginDirectory> PluginDirectories { get; }

    /// <summary>The network configuration of its pods; null for none yet.</summary>
    /// <exception cref="InputException">It is not understood.</exception>
    PodNetwork? PodNetwork { get; }

    /// <summary>The network configurations that have our entry.</summary>
    IEnumerable<string> Entries { get; }

    /// <summary>What is at a path; a symbolic link at its end is not followed.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    Found At(string path);

    /// <summary>Whether a path leads to a directory, symbolic links followed.</summary>
    /// <param name="path">The path.</param>
    bool HasDirectory(string path);

    /// <summary>What is in a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>Whole paths.</returns>
    IEnumerable<string> In(string directory);

    /// <summary>Whether two paths lead to the same directory.</summary>
    /// <param name="one">A path.</param>
    /// <param name="other">Another.</param>
    bool AreSame(string one, string other);

    /// <summary>Whether files can be made in a directory.</summary>
    /// <param name="directory">The directory.</param>
    bool MayWrite(string directory);

    /// <summary>Whether systemd has a unit started.</summary>
    /// <param name="unit">The unit.</param>
    bool IsActive(string unit);

    /// <summary>What there is to take out of a network configuration.</summary>
    /// <param name="file">The file.</param>
    /// <returns>Null when it is gone, or there is nothing to take out or to put back.</returns>
    /// <exception cref="InputException">It is not understood.</exception>
    Entry? EntryOf(string file);

    /// <summary>The file that is written when our entry is put into a network configuration: symbolic links followed, and for a single plugin the list made of it.</summary>
    /// <param name="file">The configuration's file.</param>
    string TargetOf(string file);

    /// <summary>Where a runtime would not find the plugin that a network configuration names.</summary>
    /// <param name="file">The file of that configuration.</param>
    /// <param name="stands">Whether the plugin will be in a directory.</param>
    /// <returns>What is lacking and what to do about it, in words; null where it finds it, as far as can be told.</returns>
    string? Lacking(string file, Predicate<string> stands);
}
