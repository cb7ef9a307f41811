namespace CniSrcRoute;

/// <summary>What the commands return.</summary>
internal static class ExitStatus
{
    /// <summary>Done, or nothing to do.</summary>
    public const int Success = 0;

    /// <summary>Bad input, or a refusal of the system.</summary>
    public const int Failure = 1;

    /// <summary>The node is not as it should be, and nothing was done about it.</summary>
    public const int Drift = 2;

    /// <summary>A connection that the node has opened would change its way, so nothing was written.</summary>
    public const int Interlocked = 3;
}
