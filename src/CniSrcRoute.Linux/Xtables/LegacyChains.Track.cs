using System.Runtime.InteropServices;
using CniSrcRoute.Firewall;
using CniSrcRoute.Netlink.Nftables;
using CniSrcRoute.Nftables;
using static CniSrcRoute.Interop.Constants;
using static CniSrcRoute.Xtables.XtablesCodec;

namespace CniSrcRoute.Xtables;

/// <summary>The rules that packets come to before they are tracked.</summary>
internal sealed partial class LegacyChains
{
    /// <summary>The rules of a chain.</summary>
    public IReadOnlyList<TrackRule> ListTrackRules(string chain) =>
        [.. Of(chain).Where(rule => rule.Target >= _places.Length).Select(rule => ReadTrack(_entries.AsSpan(rule.At, rule.End), rule.Target, rule.At + rule.End - EntriesOffset))];

    private TrackRule ReadTrack(ReadOnlySpan<byte> rule, int target, int next)
    {
        var draft = new TrackDraft();
        byte flags = rule[_places.Flags], negated = rule[_places.Inverted];
        int size = IpAddress.BitsOf(_family) / 8;

        // The source stands first, and its mask ahead of the destination's; what is for the card a packet leaves by, behind what is for the one it came by.
        Masked(draft, Origin.Source, rule[..size], rule.Slice(_places.Mask - size, size), (negated & IPT_INV_SRCIP) != 0);
        Masked(draft, Origin.Destination, rule.Slice(_places.Destination, size), rule.Slice(_places.Mask, size), (negated & IPT_INV_DSTIP) != 0);
        Masked(draft, Origin.CardName, rule.Slice(_places.Card, CardLength), rule.Slice(_places.CardMask, CardLength), (negated & IPT_INV_VIA_IN) != 0);
        Masked(draft, Origin.OutName, rule.Slice(_places.Card + CardLength, CardLength), rule.Slice(_places.CardMask + CardLength, CardLength), (negated & IPT_INV_VIA_OUT) != 0);
        if (Number(rule, _places.Protocol) is not 0 and var protocol)
        {
            draft.Add(Origin.Protocol, [new NftElement(new OpaqueBytes([(byte)protocol]))], (negated & IPT_INV_PROTO) != 0);
        }

        ReadMatches(rule, target, (name, revision, info) => TrackMatch.Read(draft, name, revision, info));

        ReadOnlySpan<byte> data = rule[(target + TargetDataOffset)..];
        string name = Text(rule[(target + TargetNameOffset)..(target + TargetRevisionOffset)]);
        if (name.Length == 0 && data.Length >= 4)
        {
            Verdict(draft, MemoryMarshal.Read<int>(data), next, (flags & (_family == Family.IPv6 ? IP6T_F_GOTO : IPT_F_GOTO)) != 0);
        }
        else
        {
            TrackMatch.Target(draft, name, data);
        }

        return draft.ToRule();
    }

    private static void Masked(TrackDraft draft, Origin origin, ReadOnlySpan<byte> value, ReadOnlySpan<byte> mask, bool isNegated)
    {
        if (mask.IndexOfAnyExcept((byte)0) < 0)
        {
            return;
        }

        var key = new TrackTest.Part[mask.Length];
        byte[] masked = value.ToArray();
        for (int i = 0; i < key.Length; i++)
        {
            key[i] = new TrackTest.Part(origin, i, mask[i]);
            masked[i] &= mask[i];
        }

        draft.Add(key, [new NftElement(new OpaqueBytes(masked))], isNegated);
    }

    /// <summary>struct xt_standard_target: where the next rule is, or below zero -NF_ACCEPT - 1, or XT_RETURN.</summary>
    private void Verdict(TrackDraft draft, int verdict, int next, bool isGoto)
    {
        TrackAction action = verdict switch
        {
            -2 => TrackAction.Accept,
            -5 => TrackAction.Return,
            < 0 => TrackAction.Drop,
            _ when verdict == next => TrackAction.None,
            _ => isGoto ? TrackAction.Goto : TrackAction.Jump,
        };
        draft.Do(action, action is TrackAction.Jump or TrackAction.Goto ? _names.GetValueOrDefault(verdict, "") : "");
    }
}
