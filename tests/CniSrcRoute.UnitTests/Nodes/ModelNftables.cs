using System.Text;
using CniSrcRoute.Nftables;

namespace CniSrcRoute.UnitTests.Nodes;

/// <summary>The kernel's nf_tables as far as our table goes: runs a packet through the chains of a hook.</summary>
internal sealed class ModelNftables(NftTable table)
{
    public const uint Prerouting = 0, Output = 3, Postrouting = 4;

    private const int Jump = -3, Goto = -4, Return = -5;

    /// <summary>Runs a packet through a hook, or through what of it comes ahead of somebody else.</summary>
    public void Run(uint hook, ModelPacket packet, int until = int.MaxValue)
    {
        foreach (NftChain chain in table.Chains.Where(chain => chain.Hook?.Number == hook && chain.Hook.Priority < until).OrderBy(chain => chain.Hook!.Priority))
        {
            Run(chain.Name, packet, depth: 0);
        }
    }

    private void Run(string name, ModelPacket packet, int depth)
    {
        // NFT_JUMP_STACK_SIZE.
        if (depth > 16)
        {
            throw new InvalidOperationException("a loop");
        }

        foreach (NftRule rule in table.Chains.Single(chain => chain.Name == name).Rules)
        {
            if (Verdict(rule, packet) is not { } verdict)
            {
                continue;
            }

            if (verdict.Code is Jump or Goto)
            {
                Run(verdict.Chain, packet, depth + 1);
            }

            if (verdict.Code is Goto or Return)
            {
                return;
            }
        }
    }

    private NftElement? Find(string set, byte[] key) => table.Sets.Single(one => one.Name == set).Elements.FirstOrDefault(element =>
        element.From.Span.SequenceCompareTo(key) <= 0 && element.To.Span.SequenceCompareTo(key) >= 0);

    /// <summary>Carries a rule out up to where it does not match.</summary>
    private NftExpression.Verdict? Verdict(NftRule rule, ModelPacket packet)
    {
        // By the kernel's numbers: 1, and what lies behind the address in a concatenation.
        var registers = new SortedDictionary<uint, byte[]>();
        byte[] register = [];
        foreach (NftExpression expression in rule.Expressions)
        {
            switch (expression)
            {
                case NftExpression.Load load:
                    if (packet.Get(load) is not { } value)
                    {
                        return null;
                    }

                    if (load.Register == 1)
                    {
                        registers.Clear();
                        register = value;
                    }

                    registers[load.Register] = value;
                    break;
                case NftExpression.Payload payload:
                    registers[1] = register = packet.Get(payload);
                    break;
                case NftExpression.Lookup lookup:
                    if (Find(lookup.Set, register) is null == (lookup.Flags == 0))
                    {
                        return null;
                    }

                    break;
                case NftExpression.Map map:
                    return Find(map.Set, registers.Count > 1 ? [.. registers.Values.SelectMany(part => part)] : register)?.Value as NftExpression.Verdict;
                case NftExpression.Store store:
                    packet.Set(store, BitConverter.ToUInt32(register));
                    break;
                case NftExpression.Fib fib:
                    register = packet.Get(fib);
                    break;
                case NftExpression.Bitwise bitwise:
                    register =
                    [
                        .. register.Zip(bitwise.Mask.Span.ToArray().Zip(bitwise.Xor.Span.ToArray()), (bits, turn) => (byte)((bits & turn.First) ^ turn.Second)),
                    ];
                    break;
                case NftExpression.Compare compare:
                    if (register.AsSpan(0, compare.Data.Span.Length).SequenceEqual(compare.Data.Span) != (compare.Operation == 0))
                    {
                        return null;
                    }

                    break;
                case NftExpression.Counter:
                    packet.Counted++;
                    break;
                case NftExpression.Verdict verdict:
                    return verdict;
                default:
                    throw new NotSupportedException(expression.ToString());
            }
        }

        return null;
    }
}

/// <summary>A packet and its connection.</summary>
internal sealed record ModelPacket
{
    public Family Family { get; init; }

    public string CameBy { get; init; } = "";

    public string LeavesBy { get; set; } = "";

    public int Counted { get; set; }

    public bool IsForNode { get; init; }

    public bool IsForOtherCard { get; init; }

    public bool WouldBeAnsweredByOtherCard { get; init; }

    public bool WouldLeaveByItsCard { get; init; }

    public IpAddress IsFrom { get; init; }

    public IpAddress WasFor { get; init; }

    public bool IsNew { get; init; }

    public bool IsTranslated { get; init; }

    public bool IsReply { get; init; }

    public uint Mark { get; set; }

    public uint ConnectionMark { get; set; }

    public static byte[] Name(string name)
    {
        byte[] bytes = new byte[16];
        Encoding.UTF8.GetBytes(name, bytes);
        return bytes;
    }

    /// <summary>What "ct" or "meta" loads; null where it ends the rule.</summary>
    public byte[]? Get(NftExpression.Load load) => load switch
    {
        { Name: "ct", Key: 0 } => BitConverter.GetBytes(IsNew ? 8u : 2u),
        { Name: "ct", Key: 1 } => [IsReply ? (byte)1 : (byte)0],
        { Name: "ct", Key: 2 } => BitConverter.GetBytes((IsTranslated ? 0x1a0u : 0x180u) | (IsNew ? 0u : 8u)),
        { Name: "ct", Key: 3 } => BitConverter.GetBytes(ConnectionMark),
        { Name: "ct", Key: 19, Direction: 0 } => Family == Family.IPv4 ? Bytes(IsFrom) : null,
        { Name: "ct", Key: 20, Direction: 0 } => Family == Family.IPv4 ? Bytes(WasFor) : null,
        { Name: "ct", Key: 21, Direction: 0 } => Family == Family.IPv6 ? Bytes(IsFrom) : null,
        { Name: "ct", Key: 22, Direction: 0 } => Family == Family.IPv6 ? Bytes(WasFor) : null,
        { Name: "meta", Key: 3 } => BitConverter.GetBytes(Mark),
        { Name: "meta", Key: 6 } => Name(CameBy),
        { Name: "meta", Key: 7 } => Name(LeavesBy),
        { Name: "meta", Key: 15 } => [Family == Family.IPv4 ? (byte)2 : (byte)10],
        _ => throw new NotSupportedException(load.ToString()),
    };

    public void Set(NftExpression.Store store, uint value)
    {
        switch (store)
        {
            case { Name: "ct", Key: 3 }:
                ConnectionMark = value;
                break;
            case { Name: "meta", Key: 3 }:
                Mark = value;
                break;
            default:
                throw new NotSupportedException(store.ToString());
        }
    }

    /// <summary>What "payload" loads: the source.</summary>
    public byte[] Get(NftExpression.Payload payload) =>
        payload is { Base: 1, Offset: 12 or 8 } ? Bytes(IsFrom) : throw new NotSupportedException(payload.ToString());

    /// <summary>What "fib" answers: RTN_LOCAL (2) or RTN_UNICAST (1), or whether there is a way by the card.</summary>
    public byte[] Get(NftExpression.Fib fib) => (fib.Result, fib.Flags) switch
    {
        (3, 2) => BitConverter.GetBytes(IsForNode ? 2u : 1u),
        (3, 2 | 8) => BitConverter.GetBytes(IsForNode && !IsForOtherCard ? 2u : 1u),
        (1, 2 | 8 | 32) => [WouldLeaveByItsCard ? (byte)1 : (byte)0, 0, 0, 0],
        (1, 1 | 8 | 32) => [WouldBeAnsweredByOtherCard ? (byte)0 : (byte)1, 0, 0, 0],
        _ => throw new NotSupportedException(fib.ToString()),
    };

    private static byte[] Bytes(IpAddress address)
    {
        byte[] bytes = new byte[address.Bits / 8];
        address.WriteBytes(bytes);
        return bytes;
    }
}
