using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace CniSrcRoute;

/// <summary>
/// What a rule has besides its source, its mark and its table, read from <see cref="Rule.Selectors"/>. The numbers are FRA_ of &lt;linux/fib_rules.h&gt;.
/// </summary>
public sealed record RuleAttributes
{
    private static readonly RuleAttributes None = new();

    /// <summary>FRA_DST: the destinations the rule is for; no prefix for all.</summary>
    public IpPrefix To { get; private set; }

    /// <summary>FRA_IIFNAME: the device the packet came in by, "lo" for what the node says itself; null for any.</summary>
    public string? Iif => field ??= Name(IifBytes);

    /// <summary>The same as the kernel has it, which need not be UTF-8.</summary>
    public OpaqueBytes? IifBytes { get; private set; }

    /// <summary>FRA_OIFNAME: the device the sender is bound to; null for any.</summary>
    public string? Oif => field ??= Name(OifBytes);

    /// <summary>The same as the kernel has it, which need not be UTF-8.</summary>
    public OpaqueBytes? OifBytes { get; private set; }

    /// <summary>The type of service of the rule's header; 0 for any. IPv4 does not look at the packet's upper three bits for its sake.</summary>
    public byte Tos { get; private set; }

    /// <summary>FRA_DSCP, 0 to 63; null for any.</summary>
    public byte? Dscp { get; private set; }

    /// <summary>FRA_DSCP_MASK: the bits of the DSCP that count.</summary>
    public byte DscpMask { get; private set; } = 63;

    /// <summary>FRA_IP_PROTO: 6 for TCP, 17 for UDP; 0 for any.</summary>
    public byte Protocol { get; private set; }

    /// <summary>FRA_SPORT_RANGE; null for any.</summary>
    public PortRange? SourcePorts { get; private set; }

    /// <summary>FRA_DPORT_RANGE; null for any.</summary>
    public PortRange? DestinationPorts { get; private set; }

    /// <summary>FRA_UID_RANGE: the users whose sockets the rule is for, first and last; null for all.</summary>
    public (uint First, uint Last)? Users { get; private set; }

    /// <summary>FRA_L3MDEV: whether the rule looks up the table of the packet's VRF.</summary>
    public bool IsL3mdev { get; private set; }

    /// <summary>FRA_TUN_ID: the key of the tunnel the packet came by; 0 for any.</summary>
    public ulong TunnelId { get; private set; }

    /// <summary>FRA_FLOW: the realms the packet is given, which select nothing; 0 for none.</summary>
    public uint Realms { get; private set; }

    /// <summary>FRA_GOTO: the priority of the rule that is asked next, for <see cref="Rule.ActionGoto"/>.</summary>
    public uint? Goto { get; private set; }

    /// <summary>FRA_SUPPRESS_PREFIXLEN: a route whose prefix is no longer than this is as if it were not there; null for none.</summary>
    public uint? SuppressPrefixLength { get; private set; }

    /// <summary>FRA_SUPPRESS_IFGROUP: a route by a device of this group is as if it were not there; null for none.</summary>
    public uint? SuppressGroup { get; private set; }

    /// <summary>Whether there is something that this program does not know.</summary>
    public bool HasUnknown { get; private set; }

    /// <summary>Reads them.</summary>
    /// <param name="selectors">Attributes, the type of service and the length of FRA_DST ahead of them where there are any.</param>
    /// <returns>What they say.</returns>
    public static RuleAttributes Of(OpaqueBytes selectors)
    {
        if (selectors.IsEmpty)
        {
            return None;
        }

        var all = new RuleAttributes();
        ReadOnlySpan<byte> rest = selectors.Span;
        byte bits = 0;

        // No attribute has the type 0 of the padding.
        if (rest.Length >= 4 && MemoryMarshal.Read<ushort>(rest[2..]) == 0)
        {
            (all.Tos, bits) = (rest[0], rest[1]);
            rest = rest[4..];
        }

        var attributes = new AttributeReader(rest);
        while (attributes.Next())
        {
            all.HasUnknown |= !all.Decode(attributes.Type, attributes.Value, bits);
        }

        all.HasUnknown |= !attributes.IsAtEnd;
        return all;
    }

    private bool Decode(int type, ReadOnlySpan<byte> value, byte bits)
    {
        switch (type, value.Length)
        {
            case (1, 4 or 16) when bits <= value.Length * 8:
                To = new IpPrefix(IpAddress.FromBytes(value), bits);
                return true;
            case (3, _):
                IifBytes = new OpaqueBytes(value.TrimEnd((byte)0).ToArray());
                return true;
            case (17, _):
                OifBytes = new OpaqueBytes(value.TrimEnd((byte)0).ToArray());
                return true;
            case (4, 4):
                Goto = Number(value);
                return true;
            case (11, 4):
                Realms = Number(value);
                return true;
            case (12, 8):
                TunnelId = BinaryPrimitives.ReadUInt64BigEndian(value);
                return true;
            case (13, 4):
                SuppressGroup = Number(value);
                return true;
            case (14, 4):
                SuppressPrefixLength = Number(value);
                return true;
            case (19, 1):
                IsL3mdev = value[0] != 0;
                return true;
            case (20, 8):
                Users = (Number(value), Number(value[4..]));
                return true;
            case (22, 1):
                Protocol = value[0];
                return true;
            case (23, 4):
                SourcePorts = new PortRange(Port(value), Port(value[2..]), SourcePorts?.Mask ?? ushort.MaxValue);
                return true;
            case (24, 4):
                DestinationPorts = new PortRange(Port(value), Port(value[2..]), DestinationPorts?.Mask ?? ushort.MaxValue);
                return true;
            case (25, 1):
                Dscp = value[0];
                return true;
            case (28, 2):
                SourcePorts = (SourcePorts ?? default) with { Mask = Port(value) };
                return true;
            case (29, 2):
                DestinationPorts = (DestinationPorts ?? default) with { Mask = Port(value) };
                return true;
            case (30, 1):
                DscpMask = value[0];
                return true;
            default:
                return false;
        }
    }

    private static string? Name(OpaqueBytes? card) => card is { } name ? Encoding.UTF8.GetString(name.Span) : null;

    private static uint Number(ReadOnlySpan<byte> value) => MemoryMarshal.Read<uint>(value);

    private static ushort Port(ReadOnlySpan<byte> value) => MemoryMarshal.Read<ushort>(value);
}
