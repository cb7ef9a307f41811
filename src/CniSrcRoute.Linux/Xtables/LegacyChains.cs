using System.Runtime.InteropServices;
using CniSrcRoute.Firewall;
using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Nftables;
using static CniSrcRoute.Interop.Constants;
using static CniSrcRoute.Xtables.XtablesCodec;

namespace CniSrcRoute.Xtables;

/// <summary>The chains of a table of xtables, whose rules are looked at where something leads to them.</summary>
internal sealed partial class LegacyChains
{
    // struct ipt_ip, struct ip6t_ip6: dst, dmsk, iniface, iniface_mask, proto, flags, invflags; and the length of struct ipt_entry, struct ip6t_entry.
    public static readonly Places Places4 = new(4, 12, 16, 48, 80, 82, 83, 112), Places6 = new(16, 48, 64, 96, 128, 131, 132, 168);

    // The length of a card's name, with its end (IFNAMSIZ of <linux/if.h>).
    private const int CardLength = 16;

    // struct xt_entry_match: match_size, name, revision, data, as of a target.
    private const int MatchHeader = TargetDataOffset;

    private delegate void MatchReader(string name, uint revision, ReadOnlySpan<byte> info);

    private readonly Family _family;
    private readonly byte[] _entries;
    private readonly int _offsets;
    private readonly Places _places;
    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<string, (int From, int To)> _chains = [];

    /// <summary>Finds the chains.</summary>
    /// <param name="family">The table's family.</param>
    /// <param name="info">A struct ipt_getinfo.</param>
    /// <param name="entries">A struct ipt_get_entries.</param>
    /// <exception cref="NetlinkException">A rule is cut short.</exception>
    public LegacyChains(Family family, ReadOnlySpan<byte> info, byte[] entries)
    {
        (_family, _entries) = (family, entries);
        (_offsets, _places) = family == Family.IPv6 ? (TargetOffset6, Places6) : (TargetOffset4, Places4);
        string? chain = null;
        int last = 0;
        for (int at = EntriesOffset; at < entries.Length;)
        {
            (int start, int end) = Ends("", entries.AsSpan(at), _offsets);
            ReadOnlySpan<byte> target = entries.AsSpan((at + start)..(at + end));
            bool isName = Text(target[TargetNameOffset..TargetRevisionOffset]) == "ERROR";
            if (isName || HookAt(info, at - EntriesOffset) is not null)
            {
                // The last rule of a chain is its policy, or the way back.
                Close(chain, last);
                (chain, int from) = isName ? (Text(target[TargetDataOffset..]), at + end) : (HookAt(info, at - EntriesOffset)!, at);
                _names[from - EntriesOffset] = chain;
                _chains[chain] = (from, from);
            }

            (last, at) = (at, at + end);
        }

        Close(chain, last);
    }

    /// <summary>The rules of a chain that UDP packets, or the answers to them, may match.</summary>
    public IReadOnlyList<FilterRule> ListRules(string chain, bool ofAnswers)
    {
        List<FilterRule> rules = [];
        foreach ((int at, int start, int end) in Of(chain))
        {
            if (Read(_entries.AsSpan(at, end), start, at + end - EntriesOffset, ofAnswers) is { } rule)
            {
                rules.Add(rule);
            }
        }

        return rules;
    }

    /// <summary>Where the rules of a chain begin, and within them where their targets do and they end.</summary>
    private IEnumerable<(int At, int Target, int End)> Of(string chain)
    {
        (int at, int to) = _chains.GetValueOrDefault(chain);
        while (at < to)
        {
            (int start, int end) = Ends("", _entries.AsSpan(at), _offsets);
            yield return (at, start, end);
            at += end;
        }
    }

    private void Close(string? chain, int end)
    {
        if (chain is not null)
        {
            _chains[chain] = (_chains[chain].From, Math.Max(end, _chains[chain].From));
        }
    }

    private FilterRule? Read(ReadOnlySpan<byte> rule, int target, int next, bool ofAnswers)
    {
        var draft = new FilterDraft(_family, ofAnswers);
        if (target < _places.Length)
        {
            return null;
        }

        byte flags = rule[_places.Flags], negated = rule[_places.Inverted];
        int size = IpAddress.BitsOf(_family) / 8;

        // The source stands before the destination, and the card of what leaves behind that of what comes in.
        int address = _places.Destination - (ofAnswers ? size : 0), mask = _places.Mask - (ofAnswers ? size : 0), card = ofAnswers ? CardLength : 0;
        byte[] from = rule.Slice(address, size).ToArray(), to = [.. from];
        for (int i = 0; i < size; i++)
        {
            to[i] |= (byte)~rule[mask + i];
        }

        if (rule.Slice(mask, size).IndexOfAnyExcept((byte)0) >= 0)
        {
            draft.Add(new DestinationTest([new(IpAddress.FromBytes(from), IpAddress.FromBytes(to), PortSpan.All)], (negated & (ofAnswers ? IPT_INV_SRCIP : IPT_INV_DSTIP)) != 0));
        }

        if (Number(rule, _places.Protocol) is not 0 and var protocol)
        {
            draft.RestrictProtocol(protocol, (negated & IPT_INV_PROTO) != 0);
        }

        // What the node asks itself is never translated.
        if ((negated & (ofAnswers ? IPT_INV_VIA_OUT : IPT_INV_VIA_IN)) == 0 && rule[(_places.Card + card)..].StartsWith("lo\0"u8) && rule[_places.CardMask + card + 2] != 0)
        {
            draft.IsForOthers();
        }

        ReadMatches(rule, target, (name, revision, info) => FilterMatch.Read(draft, name, revision, info));

        // struct xt_standard_target: where the next rule is, or a verdict below zero.
        ReadOnlySpan<byte> name = rule[(target + TargetNameOffset)..(target + TargetRevisionOffset)], data = rule[(target + TargetDataOffset)..];
        if (name[0] == 0 && data.Length >= 4 && MemoryMarshal.Read<int>(data) is >= 0 and var place && place != next)
        {
            draft.Jump(_names.GetValueOrDefault(place, ""), (flags & (_family == Family.IPv6 ? IP6T_F_GOTO : IPT_F_GOTO)) != 0);
        }

        return draft.ToRule();
    }

    /// <summary>Reads the matches of a rule, up to one that is cut short.</summary>
    private void ReadMatches(ReadOnlySpan<byte> rule, int target, MatchReader read)
    {
        for (int at = _places.Length; at + MatchHeader <= target;)
        {
            int length = Number(rule, at);
            if (length < MatchHeader || at + length > target)
            {
                break;
            }

            read(Text(rule[(at + TargetNameOffset)..(at + TargetRevisionOffset)]), rule[at + TargetRevisionOffset], rule[(at + MatchHeader)..(at + length)]);
            at += length;
        }
    }

    /// <summary>Where fields stand in a rule.</summary>
    public sealed record Places(int Destination, int Mask, int Card, int CardMask, int Protocol, int Flags, int Inverted, int Length);
}
