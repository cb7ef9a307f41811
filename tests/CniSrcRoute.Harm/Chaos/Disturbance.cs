namespace CniSrcRoute.Harm.Chaos;

/// <summary>Something that happens to a node, and is over a moment later.</summary>
/// <param name="What">In words.</param>
/// <param name="Both">A shell script for both nodes; empty for none.</param>
/// <param name="Ours">A shell script for the node with the program alone, where the watcher's process is $watcher; empty for none.</param>
internal sealed record Disturbance(string What, string Both, string Ours = "")
{
    /// <summary>Whether it kills the watcher.</summary>
    public bool Kills => Ours.Contains("kill -KILL $watcher", StringComparison.Ordinal);
}
