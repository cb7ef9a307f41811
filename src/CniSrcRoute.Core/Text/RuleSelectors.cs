using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace CniSrcRoute;

/// <summary>What a rule selects by besides its source and the mark, in the words of ip-rule(8). The numbers are FRA_ of &lt;linux/fib_rules.h&gt;.</summary>
internal static class RuleSelectors
{
    /// <summary>Stands for what ip(8) of today has no word for, so that a shell takes no such command for the whole.</summary>
    private const string Unknown = " (and more)";

    /// <summary>Writes <see cref="Rule.Selectors"/>.</summary>
    /// <param name="selectors">Attributes, the types of service and the length of FRA_DST ahead of them where there are any.</param>
    /// <returns>For example " to 10.0.0.0/8 iif eth0", empty for none.</returns>
    public static string Format(OpaqueBytes selectors)
    {
        var text = new StringBuilder();
        ReadOnlySpan<byte> rest = selectors.Span;
        byte tos = 0, bits = 0;

        // No attribute has the type 0 of the padding.
        if (rest.Length >= 4 && MemoryMarshal.Read<ushort>(rest[2..]) == 0)
        {
            (tos, bits) = (rest[0], rest[1]);
            rest = rest[4..];
        }

        while (rest.Length >= 4 && MemoryMarshal.Read<ushort>(rest) is >= 4 and var length && length <= rest.Length)
        {
            text.Append(Word(MemoryMarshal.Read<ushort>(rest[2..]), rest[4..length], bits));
            rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
        }

        if (tos != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" tos 0x{tos:x}");
        }

        return rest.IsEmpty ? text.ToString() : text.Append(Unknown).ToString();
    }

    private static string Word(int type, ReadOnlySpan<byte> value, byte bits) => (type, value.Length) switch
    {
        (1, 4 or 16) when bits <= value.Length * 8 => $" to {new IpPrefix(IpAddress.FromBytes(value), bits)}",
        (3, _) => $" iif {Name(value)}",
        (17, _) => $" oif {Name(value)}",
        (4, 4) => $" goto {Number(value)}",
        (11, 4) => $" realms {Number(value) >> 16}/{Number(value) & 0xffff}",
        (12, 8) => $" tun_id {BinaryPrimitives.ReadUInt64BigEndian(value)}",
        (13, 4) => $" suppress_ifgroup {Number(value)}",
        (14, 4) => $" suppress_prefixlength {Number(value)}",
        (19, 1) => " l3mdev",
        (20, 8) => $" uidrange {Number(value)}-{Number(value[4..])}",
        (22, 1) => $" ipproto {value[0]}",
        (23, 4) => $" sport {Port(value)}-{Port(value[2..])}",
        (24, 4) => $" dport {Port(value)}-{Port(value[2..])}",

        // FRA_SPORT_MASK, FRA_DPORT_MASK: kernels that have them list them with every port.
        (28 or 29, 2) when Port(value) == ushort.MaxValue => "",
        _ => Unknown,
    };

    private static string Name(ReadOnlySpan<byte> value) => ShellWord.Quote(value.TrimEnd((byte)0));

    private static uint Number(ReadOnlySpan<byte> value) => MemoryMarshal.Read<uint>(value);

    private static ushort Port(ReadOnlySpan<byte> value) => MemoryMarshal.Read<ushort>(value);
}
