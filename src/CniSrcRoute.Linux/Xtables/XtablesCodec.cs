using System.Runtime.InteropServices;
using System.Text;
using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Nftables;
using CniSrcRoute.Nftables;

namespace CniSrcRoute.Xtables;

/// <summary>
/// Finds out which bits of marks the rules of a table of xtables may change. A test has the C compiler compare the places of the fields with
/// &lt;linux/netfilter_ipv4/ip_tables.h&gt;, &lt;linux/netfilter_ipv6/ip6_tables.h&gt; and &lt;linux/netfilter/x_tables.h&gt;.
/// </summary>
internal static class XtablesCodec
{
    // struct ipt_getinfo: name, valid_hooks, hook_entry, underflow, num_entries, size.
    public const int NameSize = 32;
    public const int HooksOffset = 32;
    public const int HookEntryOffset = 36;
    public const int SizeOffset = 80;
    public const int InfoSize = 84;

    // struct ipt_get_entries: name, size, entrytable.
    public const int EntriesSizeOffset = 32;
    public const int EntriesOffset = 40;

    // struct ipt_entry, struct ip6t_entry: target_offset, and next_offset behind it.
    public const int TargetOffset4 = 88;
    public const int TargetOffset6 = 140;

    // struct xt_entry_target: target_size, name, revision, data.
    public const int TargetNameOffset = 2;
    public const int TargetRevisionOffset = 31;
    public const int TargetDataOffset = 32;

    /// <summary>The chain of what comes in for the node.</summary>
    public const string Input = "INPUT";

    /// <summary>Reads a table.</summary>
    /// <param name="family">The table's family.</param>
    /// <param name="info">A struct ipt_getinfo.</param>
    /// <param name="entries">A struct ipt_get_entries.</param>
    /// <returns>The rules that write marks, in the kernel's order.</returns>
    /// <exception cref="NetlinkException">A rule is cut short.</exception>
    public static List<MarkWrite> Decode(Family family, ReadOnlySpan<byte> info, ReadOnlySpan<byte> entries)
    {
        string table = (family == Family.IPv6 ? "ip6 " : "ip ") + Text(info[..NameSize]), chain = "";
        int offsets = family == Family.IPv6 ? TargetOffset6 : TargetOffset4;
        List<MarkWrite> writes = [];
        for (int at = EntriesOffset; at < entries.Length;)
        {
            (int start, int end) = Ends(table, entries[at..], offsets);
            ReadOnlySpan<byte> target = entries[(at + start)..(at + end)], data = target[TargetDataOffset..];
            string name = Text(target[TargetNameOffset..TargetRevisionOffset]);

            // A chain begins at a hook, or with a rule that holds its name (struct xt_error_target).
            chain = name == "ERROR" ? Text(data) : HookAt(info, at - EntriesOffset) ?? chain;
            MarkBits packet = default, connection = default;
            MarkWriteCodec.Target(name, target[TargetRevisionOffset], data, ref packet, ref connection);
            if ((packet | connection).All != 0)
            {
                writes.Add(new MarkWrite(table, chain, packet, connection, IsIptables: true, IsLegacy: true));
            }

            at += end;
        }

        return writes;
    }

    /// <summary>Where a rule's target begins, and where the rule ends. One that ends behind its target is longer than nothing, so that a table has an end.</summary>
    /// <param name="table">The table, for messages.</param>
    /// <param name="rule">The rule and all that follows.</param>
    /// <param name="offsets">Where in it that stands.</param>
    /// <exception cref="NetlinkException">The rule is cut short.</exception>
    internal static (int Target, int End) Ends(string table, ReadOnlySpan<byte> rule, int offsets)
    {
        int start = Number(rule, offsets), end = Number(rule, offsets + 2);
        return end > rule.Length || end < start + TargetDataOffset ? throw new NetlinkException(table, 0, "a rule is cut short") : (start, end);
    }

    /// <summary>The chain of the hook that leads to a rule, by enum nf_inet_hooks of &lt;linux/netfilter.h&gt;.</summary>
    internal static string? HookAt(ReadOnlySpan<byte> info, int at)
    {
        ReadOnlySpan<int> entries = MemoryMarshal.Cast<byte, int>(info[HookEntryOffset..]);
        int hook = 4;

        // Where a hook leads that the table has not, says nothing.
        while (hook >= 0 && (entries[hook] != at || (info[HooksOffset] & (1 << hook)) == 0))
        {
            hook--;
        }

        return hook switch { 0 => "PREROUTING", 1 => Input, 2 => "FORWARD", 3 => "OUTPUT", 4 => "POSTROUTING", _ => null };
    }

    internal static int Number(ReadOnlySpan<byte> rule, int offset) => rule.Length < offset + 2 ? 0 : MemoryMarshal.Read<ushort>(rule[offset..]);

    internal static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes);
}
