using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Tests.Marks;

/// <summary>nftables on a node, as nft(8) sees it.</summary>
internal static class Ruleset
{
    /// <summary>Tables of others: with all that a table may hold.</summary>
    public const string Foreign = """
        table inet filter {
            set blocked {
                type ipv4_addr
                flags interval
                elements = { 198.51.100.0/24 }
            }
            counter seen {
            }
            chain input {
                type filter hook input priority 0; policy accept;
                ip saddr @blocked counter name seen drop
            }
        }
        table ip srcroute {
            chain prerouting {
                type filter hook prerouting priority -80;
                tcp dport 1 counter
            }
        }
        table bridge srcroute {
        }

        """;

    /// <summary>All tables.</summary>
    public static string All(Node node) => node.Sh("nft -s list ruleset");

    /// <summary>All tables but ours.</summary>
    public static string Others(Node node) =>
        node.Sh("nft list tables | while read -r _ family name; do [ \"$family $name\" = 'inet srcroute' ] || nft -s list table $family $name; done");

    /// <summary>Our table; empty when there is none.</summary>
    public static string Ours(Node node) => node.Sh("nft -s list table inet srcroute 2>/dev/null || :");

    /// <summary>The rules that ask for marks, of both families.</summary>
    public static string MarkRules(Node node) => node.Sh("ip -N rule | grep fwmark || :; ip -N -6 rule | grep fwmark || :");
}
