using System.Globalization;

namespace CniSrcRoute.Firewall;

/// <summary>Connections that IPVS hands on. Those that it knows by a mark of a firewall are not thought of.</summary>
/// <param name="Protocol">6 for TCP, 17 for UDP.</param>
/// <param name="Address">The address they are opened to.</param>
/// <param name="Port">The port; 0 for any.</param>
/// <param name="Servers">To whom they are handed on.</param>
public sealed record IpvsService(byte Protocol, IpAddress Address, ushort Port, IReadOnlyList<IpvsServer> Servers)
{
    /// <summary>The service that a request is for.</summary>
    /// <param name="text">The kernel's list, /proc/net/ip_vs.</param>
    /// <param name="protocol">6 for TCP, 17 for UDP.</param>
    /// <param name="address">The address that is asked.</param>
    /// <param name="port">The port; 0 for none.</param>
    /// <returns>Null where IPVS leaves it alone.</returns>
    public static IpvsService? Find(string text, byte protocol, IpAddress address, ushort port)
    {
        List<IpvsService> services = port == 0 ? [] : [.. Parse(text).Where(service => service.Protocol == protocol && service.Address == address)];
        return services.Find(service => service.Port == port) ?? services.Find(service => service.Port == 0);
    }

    /// <summary>Reads the kernel's list (ip_vs_info_seq_show of net/netfilter/ipvs/ip_vs_ctl.c).</summary>
    private static IEnumerable<IpvsService> Parse(string text)
    {
        List<IpvsServer>? servers = null;
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["->", var ends, var way, ..])
            {
                if (TryParse(ends, out IpAddress server, out ushort port))
                {
                    servers?.Add(new IpvsServer(server, port, way == "Masq" || way == "Local"));
                }
            }
            else if (words is ["TCP" or "UDP", var asked, ..] && TryParse(asked, out IpAddress address, out ushort at))
            {
                yield return new IpvsService(words[0] == "TCP" ? (byte)6 : (byte)17, address, at, servers = []);
            }
            else
            {
                servers = null;
            }
        }
    }

    /// <summary>Reads 0A600001:0035 or [fd00:0096:0000:0000:0000:0000:0000:0001]:0035.</summary>
    private static bool TryParse(string text, out IpAddress address, out ushort port)
    {
        (address, port) = (default, 0);
        int colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out port) &&
            (text[0] == '[' ? IpAddress.TryParse(text[1..colon].TrimEnd(']'), out address) : TryParseHex(text[..colon], out address));
    }

    private static bool TryParseHex(string text, out IpAddress address)
    {
        bool isNumber = uint.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint number);
        address = isNumber ? IpAddress.FromBytes([(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number]) : default;
        return isNumber;
    }
}
