namespace CniSrcRoute.Watch;

/// <summary>The watcher's tasks that may fail independently: a failure is logged once, until the task has succeeded again.</summary>
internal enum WatcherTask
{
    /// <summary>To watch files.</summary>
    WatchFiles,

    /// <summary>To read the configuration.</summary>
    ReadConfig,

    /// <summary>To keep our entry in the conflist.</summary>
    KeepConflist,

    /// <summary>To read and repair the node, or to follow main.</summary>
    Repair,

    /// <summary>To write the metrics' textfile.</summary>
    WriteMetrics,

    /// <summary>To have the port at which metrics are asked for.</summary>
    AnswerMetrics,
}
