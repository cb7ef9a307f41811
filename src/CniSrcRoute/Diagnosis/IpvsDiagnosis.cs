using CniSrcRoute.Firewall;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Diagnosis;

/// <summary>
/// kube-proxy in IPVS mode: its replies are led by the marks of their connections where IPVS tells connection tracking of its translations, which kube-proxy
/// has it do, and go as without srcroute where it does not.
/// </summary>
internal static class IpvsDiagnosis
{
    public static IEnumerable<Finding> On(NodeState state)
    {
        if (!state.Links.Any(link => link.Name == Link.OfIpvs))
        {
            yield break;
        }

        const string Cure = $"sysctl -w {Ipvs.Tracks}=1";
        const string Sentence = $"kube-proxy runs in IPVS mode: replies of its services find their card only with {Ipvs.Tracks}=1";
        yield return NodeFiles.ReadOrEmpty(NodeFiles.PathOf(Ipvs.Tracks)) is ['0', ..]
            ? new Finding(Severity.Warning, FindingCode.Ipvs, Link.OfIpvs, $"{Sentence}, and it is 0 here", Cure)
            : new Finding(Severity.Note, FindingCode.Ipvs, Link.OfIpvs, Sentence);
    }
}
