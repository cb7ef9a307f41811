using System.Runtime.InteropServices;
using System.Text;
using CniSrcRoute.Firewall;
using CniSrcRoute.Netlink;
using CniSrcRoute.Nftables;
using Tmds.Linux;
using static CniSrcRoute.Interop.Constants;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Xtables;

/// <summary>The tables of iptables-legacy and ip6tables-legacy, which nf_tables does not show: getsockopt(2) as in &lt;linux/netfilter_ipv4/ip_tables.h&gt;.</summary>
public static unsafe class LegacyTables
{
    /// <summary>How often a table is read that others change meanwhile.</summary>
    private const int Attempts = 16;

    /// <summary>Lists the rules of a table that write marks.</summary>
    /// <param name="family">The table's family.</param>
    /// <param name="table">
    /// The table. The kernel makes one that is not there, with its hooks: ask for those alone that stand in ip_tables_names or ip6_tables_names of /proc/net.
    /// </param>
    /// <returns>The rules, in the kernel's order.</returns>
    /// <exception cref="NetlinkException">The kernel refused, or others change the table without end.</exception>
    public static List<MarkWrite> ListMarkWrites(Family family, string table) => Read(family, table, (info, entries) => XtablesCodec.Decode(family, info, entries));

    /// <summary>Lists the rules of a table that ask what UDP packets for the node are for, once destinations are translated.</summary>
    /// <param name="family">The table's family.</param>
    /// <param name="table">The table, as above.</param>
    /// <returns>The rules.</returns>
    /// <exception cref="NetlinkException">The kernel refused, or others change the table without end.</exception>
    public static IReadOnlyList<DestinationRule> ListDestinationRules(Family family, string table) => Read(family, table, (info, entries) =>
    {
        var chains = new LegacyChains(family, info, entries);
        string name = $"{(family == Family.IPv6 ? "ip6" : "ip")} {table}";
        return FilterWalk.OfTable(BaseChain.OfLegacy(name), chain => $"iptables-legacy table {name}, chain {chain}", chains.ListRules);
    });

    /// <summary>Lists the chains of the table raw that packets come to before they are tracked.</summary>
    /// <param name="family">The table's family.</param>
    /// <param name="table">The table, as above.</param>
    /// <returns>The chains.</returns>
    /// <exception cref="NetlinkException">The kernel refused, or others change the table without end.</exception>
    public static IReadOnlyList<TrackChain> ListTrackChains(Family family, string table) => Read<IReadOnlyList<TrackChain>>(family, table, (info, entries) =>
    {
        var chains = new LegacyChains(family, info, entries);
        return [.. BaseChain.OfLegacy($"{(family == Family.IPv6 ? "ip6" : "ip")} {table}").Where(TrackChain.IsAhead).Select(chain => new TrackChain(chain, chains.ListTrackRules, IsLegacy: true))];
    });

    private static T Read<T>(Family family, string table, Func<byte[], byte[], T> decode)
    {
        // The kernel wants CAP_NET_ADMIN for the option. A raw socket, as iptables uses it, would need CAP_NET_RAW as well.
        int descriptor = socket((int)family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0)
        {
            throw new NetlinkException("socket", Marshal.GetLastPInvokeError());
        }

        try
        {
            int errno, attempts = 0;
            do
            {
                byte[] info = Argument(table, XtablesCodec.InfoSize), entries;
                errno = Get(descriptor, family, IPT_SO_GET_INFO, info);
                if (errno == 0)
                {
                    int size = MemoryMarshal.Read<int>(info.AsSpan(XtablesCodec.SizeOffset));
                    entries = Argument(table, XtablesCodec.EntriesOffset + size);
                    MemoryMarshal.Write(entries.AsSpan(XtablesCodec.EntriesSizeOffset), size);
                    errno = Get(descriptor, family, IPT_SO_GET_ENTRIES, entries);
                    if (errno == 0)
                    {
                        return decode(info, entries);
                    }
                }
            }

            // By now the table has another size.
            while (errno == EAGAIN && ++attempts < Attempts);

            throw new NetlinkException($"getsockopt({table})", errno);
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    /// <summary>What struct ipt_getinfo and struct ipt_get_entries begin with: the table's name.</summary>
    private static byte[] Argument(string table, int size)
    {
        byte[] argument = new byte[size];
        _ = Encoding.UTF8.GetBytes(table, argument);
        return argument;
    }

    /// <returns>0, or a positive errno.</returns>
    private static int Get(int descriptor, Family family, int option, byte[] argument)
    {
        fixed (byte* bytes = argument)
        {
            // The options of IPv6 have the same numbers.
            socklen_t length = argument.Length;
            return getsockopt(descriptor, family == Family.IPv6 ? IPPROTO_IPV6 : IPPROTO_IP, option, bytes, &length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }
}
