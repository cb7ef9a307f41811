using System.Runtime.InteropServices;

namespace CniSrcRoute;

/// <summary>RTA_METRICS: attributes nested in a route, RTAX_ of &lt;linux/rtnetlink.h&gt;, in the byte order of the machine.</summary>
public static class RouteMetrics
{
    /// <summary>RTAX_MTU.</summary>
    public const ushort Mtu = 2;

    private const ushort Lock = 1;
    private const ushort Features = 12;
    private const ushort MinimumTimeout = 13;
    private const uint FeatureEcn = 1;

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

    /// <summary>The metrics as ip-route(8) reads them, in the kernel's own units: those that a number without a unit has.</summary>
    /// <param name="metrics">Nested attributes.</param>
    /// <returns>For example "mtu 1400 advmss 1360"; empty for none.</returns>
    public static string Format(OpaqueBytes metrics)
    {
        var words = new List<string>();
        var attributes = new AttributeReader(metrics.Span);
        uint locked = 0;
        while (attributes.Next())
        {
            int type = attributes.Type;
            ReadOnlySpan<byte> value = attributes.Value;
            uint number = value.Length == 4 ? MemoryMarshal.Read<uint>(value) : 0;
            if (type == Lock)
            {
                // RTAX_LOCK, a bit a metric, comes first.
                locked = number;
            }
            else
            {
                string name = type < Names.Length ? Names[type] : $"metric{type}";
                string text = value.Length != 4 ? System.Text.Encoding.ASCII.GetString(value).TrimEnd('\0')
                    : type == Features && number == FeatureEcn ? "ecn"
                    : number.ToString(System.Globalization.CultureInfo.InvariantCulture);

                // rto_min is locked whenever it is set, and ip(8) takes no word for it.
                words.Add(type < 32 && (locked & (1u << type)) != 0 && type != MinimumTimeout ? $"{name} lock {text}" : $"{name} {text}");
            }
        }

        return string.Join(' ', words);
    }
}
