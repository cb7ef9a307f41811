using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Diagnosis;

/// <summary>
/// kube-proxy in IPVS mode: its replies are led by the marks of their connections where IPVS tells connection tracking of its translations, which kube-proxy
/// has it do, and go as without srcroute where it does not.
/// </summary>
internal static class IpvsDiagnosis
{
    private const string Needed = "net.ipv4.vs.conntrack";

    public static IEnumerable<Finding> On(NodeState state)
    {
        if (!state.Links.Any(link => link.Name == Link.OfIpvs))
        {
            yield break;
        }

        const string Cure = $"sysctl -w {Needed}=1";
        const string Sentence = $"kube-proxy runs in IPVS mode: replies of its services find their card only with {Needed}=1";
        yield return NodeFiles.ReadOrEmpty(NodeFiles.PathOf(Needed)) is ['0', ..]
            ? new Finding(Severity.Warning, FindingCode.Ipvs, Link.OfIpvs, $"{Sentence}, and it is 0 here", Cure)
            : new Finding(Severity.Note, FindingCode.Ipvs, Link.OfIpvs, Sentence);
    }
}
