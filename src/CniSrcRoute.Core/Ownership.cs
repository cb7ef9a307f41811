namespace CniSrcRoute;

/// <summary>The marks by which srcroute knows what it made. What does not carry one is never changed or removed.</summary>
public static class Ownership
{
    /// <summary>rtm_protocol of our routes and FRA_PROTOCOL of our rules. No program registered in &lt;linux/rtnetlink.h&gt; or in iproute2 uses it.</summary>
    public const byte Protocol = 206;

    /// <summary>The protocol's name under /etc/iproute2/rt_protos.d.</summary>
    public const string ProtocolName = "srcroute";

    /// <summary>The end of the name of a file that is being written and is not yet in its place.</summary>
    public const string TemporarySuffix = ".srcroute-new";

    /// <summary>The permissions of files: read by all, written by their owner (0644).</summary>
    public const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>The permissions of programs and directories (0755).</summary>
    public const UnixFileMode ExecutableMode = FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
}
