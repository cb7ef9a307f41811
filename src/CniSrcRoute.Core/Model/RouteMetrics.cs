using System.Runtime.InteropServices;

namespace CniSrcRoute;

/// <summary>RTA_METRICS: attributes nested in a route, RTAX_ of &lt;linux/rtnetlink.h&gt;, in the byte order of the machine.</summary>
public static class RouteMetrics
{
    /// <summary>RTAX_MTU.</summary>
    public const ushort Mtu = 2;

    private static readonly string[] Names =
    [
        "", "lock", "mtu", "window", "rtt", "rttvar", "ssthresh", "cwnd", "advmss", "reordering", "hoplimit", "initcwnd", "features", "rto_min", "initrwnd",
        "quickack", "congctl", "fastopen_no_cookie",
    ];

    /// <summary>The metrics that set an MTU.</summary>
    /// <param name="mtu">In bytes; 0 for none.</param>
    /// <returns>One attribute, or no bytes.</returns>
    public static OpaqueBytes OfMtu(uint mtu)
    {
        if (mtu == 0)
        {
            return default;
        }

        byte[] attribute = new byte[8];
        MemoryMarshal.Write(attribute, (ushort)8);
        MemoryMarshal.Write(attribute.AsSpan(2), Mtu);
        MemoryMarshal.Write(attribute.AsSpan(4), mtu);
        return new OpaqueBytes(attribute);
    }

    /// <summary>The metrics as ip-route(8) writes them, in the kernel's own units.</summary>
    /// <param name="metrics">Nested attributes.</param>
    /// <returns>For example "mtu 1400 advmss 1360"; empty for none.</returns>
    public static string Format(OpaqueBytes metrics)
    {
        var words = new List<string>();
        ReadOnlySpan<byte> rest = metrics.Span;
        while (rest.Length >= 4)
        {
            int length = MemoryMarshal.Read<ushort>(rest);
            ushort type = MemoryMarshal.Read<ushort>(rest[2..]);
            if (length < 4 || length > rest.Length)
            {
                break;
            }

            ReadOnlySpan<byte> value = rest[4..length];
            string name = type < Names.Length ? Names[type] : $"metric{type}";
            string text = value.Length == 4
                ? MemoryMarshal.Read<uint>(value).ToString(System.Globalization.CultureInfo.InvariantCulture)
                : System.Text.Encoding.ASCII.GetString(value).TrimEnd('\0');
            words.Add($"{name} {text}");
            rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
        }

        return string.Join(' ', words);
    }
}
