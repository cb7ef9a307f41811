namespace CniSrcRoute;

/// <summary>A routing table: the kernel keeps the tables of the families apart, under the same numbers.</summary>
/// <param name="Family">IPv4 or IPv6.</param>
/// <param name="Number">RTA_TABLE.</param>
public readonly record struct TableId(Family Family, uint Number)
{
    /// <summary>RT_TABLE_DEFAULT (&lt;linux/rtnetlink.h&gt;).</summary>
    public const uint Default = 253;

    /// <summary>RT_TABLE_MAIN: the table `ip route` shows.</summary>
    public const uint Main = 254;

    /// <summary>RT_TABLE_LOCAL: the node's own addresses, kept by the kernel.</summary>
    public const uint Local = 255;

    /// <summary>The name of a table of the kernel's own, as `ip rule` shows it.</summary>
    /// <param name="number">A table number.</param>
    /// <returns>"default", "main" or "local"; null for any other.</returns>
    public static string? NameOf(uint number) => number switch { Default => "default", Main => "main", Local => "local", _ => null };

    /// <summary>Whether the number is the kernel's own: unspecified, default, main or local.</summary>
    /// <param name="number">A table number.</param>
    /// <returns>True for 0 and 253 to 255.</returns>
    public static bool IsReserved(uint number) => number is 0 or Default or Main or Local;
}
