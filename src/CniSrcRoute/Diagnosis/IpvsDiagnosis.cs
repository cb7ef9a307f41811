using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Diagnosis;

/// <summary>
/// kube-proxy in IPVS mode: its replies are led by the node's address, to which IPVS has the kernel route them once more, and not by marks. So they find
/// their card where two settings of IPVS allow it, and go as without srcroute where they do not (tried with both at 0 and 1).
/// </summary>
internal static class IpvsDiagnosis
{
    /// <summary>The device on which kube-proxy keeps the addresses of the services.</summary>
    private const string Device = "kube-ipvs0";

    private static readonly string[] Needed = ["net.ipv4.vs.conntrack", "net.ipv4.vs.snat_reroute"];

    public static IEnumerable<Finding> On(NodeState state)
    {
        if (!state.Links.Any(link => link.Name == Device))
        {
            yield break;
        }

        string[] off = Array.FindAll(Needed, key => NodeFiles.ReadOrEmpty(NodeFiles.PathOf(key)) is ['0', ..]);
        string needs = $"kube-proxy runs in IPVS mode: replies of its services find their card with {string.Join("=1 and ", Needed)}=1 alone";
        yield return off.Length == 0
            ? new Finding(Severity.Note, FindingCode.Ipvs, Device, needs)
            : new Finding(
                Severity.Warning, FindingCode.Ipvs, Device, $"{needs}, and {string.Join(" and ", off)} is 0 here", $"sysctl -w {string.Join("=1 ", off)}=1");
    }
}
