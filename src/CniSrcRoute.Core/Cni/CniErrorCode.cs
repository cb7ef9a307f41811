namespace CniSrcRoute.Cni;

/// <summary>Error codes: below 100 the CNI specification's (section 5), from 100 on our own.</summary>
public static class CniErrorCode
{
    /// <summary>The version of the configuration is not one of ours, or has no such operation.</summary>
    public const int IncompatibleVersion = 1;

    /// <summary>A CNI_ variable is missing or wrong.</summary>
    public const int InvalidEnvironment = 4;

    /// <summary>A file or a stream could not be read or written.</summary>
    public const int IoFailure = 5;

    /// <summary>The configuration on standard input is not JSON, or not of the right shape.</summary>
    public const int DecodingFailure = 6;

    /// <summary>A value of the network configuration, or of the node's configuration file, is wrong.</summary>
    public const int InvalidConfig = 7;

    /// <summary>The pod's network namespace is the node's own (pkg/types of the CNI project).</summary>
    public const int InvalidNetNs = 8;

    /// <summary>Another operation held the lock for too long; the same call may succeed later.</summary>
    public const int TryAgainLater = 11;

    /// <summary>STATUS: ADD could not do its work.</summary>
    public const int NotAvailable = 50;

    /// <summary>The kernel refused a route that the pod needs.</summary>
    public const int RouteRefused = 100;

    /// <summary>CHECK: something that the pod depends on is missing or changed.</summary>
    public const int CheckFailed = 101;

    /// <summary>The conversation with the kernel failed.</summary>
    public const int KernelFailure = 102;

    /// <summary>A mistake of our own (the reference's ErrInternal).</summary>
    public const int Internal = 999;
}
