namespace CniSrcRoute.Diagnosis;

/// <summary>A UDP socket that is bound to a port and to no address.</summary>
/// <param name="Port">Its port.</param>
/// <param name="IsIpv6">Whether it is an IPv6 socket, which most often hears IPv4 as well.</param>
/// <param name="Process">Who has it, for example "dnsmasq, process 812".</param>
internal sealed record UdpServer(int Port, bool IsIpv6, string Process)
{
    /// <summary>For people.</summary>
    public override string ToString() => $"port {Port} ({Process})";

    /// <summary>Whether it hears requests of a family.</summary>
    public bool Hears(Family family) => IsIpv6 || family == Family.IPv4;
}
