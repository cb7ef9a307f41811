using CniSrcRoute.Files;
using CniSrcRoute.Node;
using CniSrcRoute.Processes;
using CniSrcRoute.Verbs;

namespace CniSrcRoute.Install;

/// <summary>The node that is worked on: the one that runs, or a tree of files.</summary>
internal static class InstallTarget
{
    /// <summary>Goes there, and keeps others away.</summary>
    /// <returns>What keeps them away; null for a dry run, which may look while others work, and where there can be no lock.</returns>
    /// <exception cref="InputException">It cannot be done here.</exception>
    public static FileLock? Enter(Options options)
    {
        if (!options.DryRun && !Environment.IsPrivilegedProcess)
        {
            throw new InputException("this needs root");
        }

        // Before the root changes: nothing of this is left in a tree of files.
        FileLock? alone = options.DryRun ? null : NodeLock.OfFiles(TimeSpan.FromSeconds(30));
        if (options.Root is { } root)
        {
            if (!Directory.Exists($"{root}/etc"))
            {
                throw new InputException($"--root {root}: it has no directory etc, so it is not the root directory of a node");
            }

            Surroundings.EnterRoot(root);
        }

        return alone;
    }
}
