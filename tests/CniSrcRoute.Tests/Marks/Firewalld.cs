using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Tests.Marks;

/// <summary>firewalld's check of the reverse path of IPv6, behind the translation of destinations: on by default (IPv6_rpfilter=yes).</summary>
internal static class Firewalld
{
    /// <summary>Loads it as firewalld 1.3 writes it.</summary>
    public static void Load(Node node) => node.Start(["nft", "-f", "-"], """
        table inet firewalld {
            chain filter_PREROUTING {
                type filter hook prerouting priority filter + 10; policy accept;
                icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
                meta nfproto ipv6 fib saddr . mark . iif oif missing drop
            }
        }
        """).Finish().Succeeded();
}
