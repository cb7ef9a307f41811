using CniSrcRoute.Linux;
using CniSrcRoute.Verbs;

namespace CniSrcRoute.Install;

/// <summary>The node that is worked on: the one that runs, or a tree of files.</summary>
internal static class Site
{
    /// <summary>Goes there, and keeps others away.</summary>
    /// <returns>What keeps them away; null for a dry run, which may look while others work.</returns>
    /// <exception cref="InputException">It cannot be done here.</exception>
    public static FileLock? Enter(Options options)
    {
        if (!options.DryRun && !Environment.IsPrivilegedProcess)
        {
            throw new InputException("this needs root");
        }

        if (options.Root is { } root)
        {
            if (!Directory.Exists($"{root}/etc"))
            {
                throw new InputException($"--root {root}: there is no etc in it, so it is no node's root directory");
            }

            Surroundings.EnterRoot(root);
        }

        return options.DryRun
            ? null
            : FileLock.TryAcquireDirectory("/", TimeSpan.FromSeconds(30))
                ?? throw new InputException("another install or uninstall has been at work for half a minute");
    }
}
