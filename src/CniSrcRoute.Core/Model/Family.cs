namespace CniSrcRoute;

/// <summary>An address family, with the numbers of &lt;linux/socket.h&gt; (AF_UNSPEC, AF_INET, AF_INET6).</summary>
public enum Family : byte
{
    /// <summary>AF_UNSPEC: no family; the family of an absent address.</summary>
    None = 0,

    /// <summary>AF_INET.</summary>
    IPv4 = 2,

    /// <summary>AF_INET6.</summary>
    IPv6 = 10,
}
