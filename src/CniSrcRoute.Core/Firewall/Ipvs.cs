namespace CniSrcRoute.Firewall;

/// <summary>What IPVS does on the node.</summary>
/// <param name="Services">The kernel's list of services, /proc/net/ip_vs; empty where there is no IPVS.</param>
/// <param name="Off">Those of its settings that are 0, so that the way of an answer is looked up otherwise than that of the node's own.</param>
public sealed record Ipvs(string Services, IReadOnlyList<string> Off)
{
    /// <summary>Whether connection tracking is told of translations, so that an answer has the mark of its connection.</summary>
    public const string Tracks = "net.ipv4.vs.conntrack";

    /// <summary>Whether an answer's way is looked up once more, from the address that was asked, as that of the node's own answers.</summary>
    public const string RoutesAgain = "net.ipv4.vs.snat_reroute";

    /// <summary>Why the answers of a service may find their way otherwise than those of the node itself.</summary>
    /// <param name="service">The service.</param>
    /// <returns>None where they go as those do.</returns>
    public IReadOnlyList<string> Doubts(IpvsService service) =>
        [.. Off.Select(setting => $"{setting} is 0"), .. service.Servers.Where(server => !server.AnswersByNode).Select(server => $"{server.Address} answers the client itself")];
}
