using System.Buffers.Binary;
using System.Globalization;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Sockets;

/// <summary>A TCP port of the loopback device, which nobody reaches from outside of the node.</summary>
/// <param name="Address">127.0.0.0/8 or ::1.</param>
/// <param name="Port">From 1 to 65535.</param>
public sealed record LoopbackEndpoint(IpAddress Address, ushort Port)
{
    /// <summary>Reads the usual text form.</summary>
    /// <param name="text">For example 127.0.0.1:9469 or [::1]:9469.</param>
    /// <returns>Null when it is none, or an address that can be reached from outside.</returns>
    public static LoopbackEndpoint? TryParse(string text)
    {
        int end = text.LastIndexOf(':');
        string host = end < 0 ? "" : text[..end];
        bool isBracketed = host is ['[', .., ']'];
        return IpAddress.TryParse(isBracketed ? host.AsSpan(1, host.Length - 2) : host, out IpAddress address) &&
            isBracketed == (address.Family == Family.IPv6) &&
            (isBracketed ? address is { High: 0, Low: 1 } : address.Low >> 24 == 127) &&
            ushort.TryParse(text.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) &&
            port > 0
            ? new LoopbackEndpoint(address, port)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => Address.Family == Family.IPv6 ? $"[{Address}]:{Port}" : $"{Address}:{Port}";

    /// <summary>struct sockaddr_in or sockaddr_in6 of &lt;netinet/in.h&gt;.</summary>
    internal byte[] ToSocketAddress()
    {
        bool is6 = Address.Family == Family.IPv6;
        byte[] bytes = new byte[is6 ? 28 : 16];
        BitConverter.TryWriteBytes(bytes, (ushort)(is6 ? AF_INET6 : AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), Port);
        Address.WriteBytes(bytes.AsSpan(is6 ? 8 : 4));
        return bytes;
    }
}
