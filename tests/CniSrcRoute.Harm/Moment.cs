namespace CniSrcRoute.Harm;

/// <summary>When a runtime adds a pod.</summary>
internal enum Moment
{
    /// <summary>Before anything else of the program has run: the node was never bootstrapped.</summary>
    First,

    /// <summary>After `bootstrap`, without a watcher.</summary>
    Alone,

    /// <summary>Beside a watcher.</summary>
    Watched,
}
