using System.Text;
using CniSrcRoute.Nftables;
using static CniSrcRoute.Nftables.NftExpression;

namespace CniSrcRoute.Walk;

/// <summary>
/// Runs our nftables table over a packet, as the kernel does: what marks it and its connection get, and which address. The table is taken as it is, so an older version's, or
/// one that somebody has changed, is evaluated as truly as our own.
/// </summary>
/// <param name="table">The table; null for none.</param>
/// <param name="fib">Answers `fib` expressions.</param>
/// <param name="state">Knows the names of the devices.</param>
public sealed class MarkProgram(NftTable? table, Fib fib, NodeState state)
{
    /// <summary>NF_INET_PRE_ROUTING: what comes in.</summary>
    public const uint Prerouting = 0;

    /// <summary>NF_INET_LOCAL_OUT: what the node says itself.</summary>
    public const uint Output = 3;

    private const int Return = -5, Goto = -4, Jump = -3;

    /// <summary>Whatever the priority of a chain of the type nat, it is called where the kernel translates destinations (NF_IP_PRI_NAT_DST), for first packets alone.</summary>
    private const int DestinationNat = -100;
    private const string Nat = "nat";

    /// <summary>Calls the base chains of a hook.</summary>
    /// <param name="hook">The hook: NF_INET_.</param>
    /// <param name="packet">The packet.</param>
    /// <returns>The packet with its marks.</returns>
    public Tracked Run(uint hook, Tracked packet)
    {
        bool mayTranslate = packet is { IsNew: true, IsTranslated: false };
        foreach (NftChain chain in (table?.Chains ?? []).Where(chain => chain.Hook?.Number == hook && (mayTranslate || chain.Hook.Type != Nat))
            .OrderBy(chain => chain.Hook!.Type == Nat ? DestinationNat : chain.Hook.Priority))
        {
            _ = Run(chain, ref packet);
        }

        return packet;
    }

    /// <summary>Whether the routing tables have a device for a question that some rule asks.</summary>
    /// <param name="ask">The question.</param>
    /// <param name="flow">The packet that it is asked of.</param>
    /// <returns>False where the rule finds it missing.</returns>
    public bool Finds(NftExpression.Fib ask, Flow flow) => Ask(ask, flow).Device != 0;

    /// <returns>Whether nothing more is asked in this hook's chain.</returns>
    private bool Run(NftChain? chain, ref Tracked packet)
    {
        foreach (NftRule rule in chain?.Rules ?? [])
        {
            switch (Run(rule, ref packet))
            {
                case { Code: Jump } jump when Run(Chain(jump.Chain), ref packet):
                case { Code: >= 0 }:
                    return true;
                case { Code: Goto } to:
                    return Run(Chain(to.Chain), ref packet);
                case { Code: Return }:
                    return false;
                default:
                    break;
            }
        }

        return false;
    }

    private NftChain? Chain(string name) => table?.Chains.FirstOrDefault(chain => chain.Name == name);

    /// <returns>The verdict; null where the rule ended without one.</returns>
    private NftExpression.Verdict? Run(NftRule rule, ref Tracked packet)
    {
        var registers = new Registers();
        foreach (NftExpression expression in rule.Expressions)
        {
            switch (expression)
            {
                case Load load:
                    registers.Write(load.Register, Read(load, packet));
                    break;
                case Payload { Base: 1 } payload:
                    registers.Write(1, Bytes(payload.Offset is 12 or 8 ? packet.Flow.Source : packet.Flow.Destination));
                    break;
                case Payload { Base: 2, Offset: 2 }:
                    registers.Write(1, [(byte)(packet.Flow.DestinationPort >> 8), (byte)packet.Flow.DestinationPort]);
                    break;
                case NftExpression.Socket:
                    registers.Write(1, [packet.IsForWildcard ? (byte)1 : (byte)0]);
                    break;
                case NftExpression.Fib ask:
                    registers.Write(1, Answer(ask, packet));
                    break;
                case Bitwise bitwise:
                    registers.Change(bitwise.Mask.Span, bitwise.Xor.Span);
                    break;
                case Compare compare when registers.Read(compare.Data.Span.Length).SequenceEqual(compare.Data.Span) == (compare.Operation == 0):
                    break;
                case Lookup lookup when Find(lookup.Set, registers) is null == (lookup.Flags != 0):
                    break;
                case Map { Register: 0 } map:
                    return Find(map.Set, registers)?.Value as NftExpression.Verdict;
                case Immediate immediate:
                    registers.Write(1, immediate.Data.Span);
                    break;
                case NftExpression.Nat { Type: 1 }:
                    var translated = IpAddress.FromBytes(registers.Read(packet.Flow.Destination.Bits / 8));
                    packet = packet with { IsTranslated = translated != packet.Flow.Destination, Flow = packet.Flow with { Destination = translated } };
                    return NftExpression.Verdict.Accept;
                case Store { Name: "ct" }:
                    packet = packet with { ConnectionMark = BitConverter.ToUInt32(registers.Read(4)) };
                    break;
                case Store:
                    packet = packet with { Flow = packet.Flow with { Mark = BitConverter.ToUInt32(registers.Read(4)) } };
                    break;
                case NftExpression.Verdict verdict:
                    return verdict;
                default:
                    // A comparison that fails, a map that has nothing, and what does not mark.
                    return null;
            }
        }

        return null;
    }

    private NftElement? Find(string name, Registers registers)
    {
        NftSet? set = table?.Sets.FirstOrDefault(set => set.Name == name);
        byte[] key = registers.Read(set?.Key.Length ?? 0).ToArray();
        return set?.Elements.FirstOrDefault(element =>
            element.From.Span.SequenceCompareTo(key) <= 0 && element.To.Span.SequenceCompareTo(key) >= 0);
    }

    /// <summary>Reads what enum nft_ct_keys or nft_meta_keys names.</summary>
    private byte[] Read(Load load, Tracked packet)
    {
        bool isReplyTuple = load.Direction == 1;
        return (load.Name, load.Key) switch
        {
            ("ct", 0) => BitConverter.GetBytes(packet.IsNew ? 1u << 3 : 1u << 1),
            ("ct", 1) => [packet.IsReply ? (byte)1 : (byte)0],
            ("ct", 2) => BitConverter.GetBytes((packet.IsTranslated ? 1u << 5 : 0u) | (packet.IsNew ? 0u : 1u << 3)),
            ("ct", 3) => BitConverter.GetBytes(packet.ConnectionMark),
            ("ct", 19 or 21) => Bytes(isReplyTuple ? packet.OpenedTo : packet.OpenedBy),
            ("ct", 20 or 22) => Bytes(isReplyTuple ? packet.OpenedBy : packet.OpenedTo),
            ("meta", 3) => BitConverter.GetBytes(packet.Flow.Mark),
            ("meta", 6) => Name(packet.Flow.Iif),
            ("meta", 15) => [(byte)packet.Flow.Family],
            ("meta", 16) => [packet.Flow.Protocol],
            _ => [],
        };
    }

    /// <summary>The routing tables' answer: NFT_FIB_RESULT_OIF, OIFNAME or ADDRTYPE for NFTA_FIB_F_SADDR (1), DADDR (2), MARK (4), IIF (8), OIF (16), PRESENT (32).</summary>
    private byte[] Answer(NftExpression.Fib ask, Tracked packet)
    {
        (Way way, int device, bool fits) = Ask(ask, packet.Flow);
        return ask.Result switch
        {
            1 when (ask.Flags & 32) != 0 => [device != 0 ? (byte)1 : (byte)0],
            1 => BitConverter.GetBytes(device),
            2 => Name(device),
            _ => BitConverter.GetBytes(fits ? (uint)way.Type : (uint)RouteType.Unicast),
        };
    }

    private (Way Way, int Device, bool Fits) Ask(NftExpression.Fib ask, Flow flow)
    {
        bool isSource = (ask.Flags & 1) != 0;
        IpAddress destination = isSource ? flow.Source : flow.Destination;

        // What is on a link is looked up on that of the packet alone (nft_fib6_flowi_init).
        int link = destination.IsOfLinkAlone ? flow.Iif : 0;
        Way way = fib.Find(new Flow
        {
            Destination = destination,
            Source = isSource ? flow.Destination : flow.Source,
            Iif = link == 0 ? Devices.Loopback : 0,
            Oif = link,
            Mark = (ask.Flags & 4) != 0 ? flow.Mark : 0,
        });
        bool fits = (ask.Flags & 8) == 0 || (way.Route?.LeavesBy(flow.Iif) ?? false);
        return (way, way.Leaves && fits ? way.Hops[0].Oif : 0, fits);
    }

    private byte[] Name(int index)
    {
        byte[] name = Encoding.UTF8.GetBytes(state.Links.FirstOrDefault(link => link.Index == index)?.Name ?? "");
        Array.Resize(ref name, 16);
        return name;
    }

    private static byte[] Bytes(IpAddress address)
    {
        byte[] bytes = new byte[address.Bits / 8];
        address.WriteBytes(bytes);
        return bytes;
    }
}
