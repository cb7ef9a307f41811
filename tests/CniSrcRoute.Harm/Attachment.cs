using CniSrcRoute.Tests.Contract;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm;

/// <summary>A pod that comes while the program is there: what the plugins ahead of it in the conflist do, and then its own call.</summary>
/// <param name="Pod">The pod's namespace, which is there and empty.</param>
/// <param name="When">When it comes.</param>
/// <param name="Steps">What the plugins ahead do.</param>
/// <param name="Removal">What they do when the pod goes.</param>
/// <param name="Version">cniVersion.</param>
/// <param name="Result">What they hand on: prevResult, JSON.</param>
internal sealed record Attachment(string Pod, Moment When, Change[] Steps, Change Removal, string Version, string Result)
{
    /// <summary>Calls the plugin on a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="command">CNI_COMMAND.</param>
    public Outcome Call(Node node, string command) =>
        node.Call(command, Calls.Input(Result, Version), $"CNI_CONTAINERID={Pod}", $"CNI_NETNS=/run/netns/{Pod}");
}
