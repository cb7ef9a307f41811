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
    /// <summary>What the plugin gets on its standard input.</summary>
    public string Input => Calls.Input(Result, Version);

    /// <summary>A file for it, on the node.</summary>
    public string InputFile => $"/run/{Pod}.json";

    private string[] Variables => [$"CNI_CONTAINERID={Pod}", $"CNI_NETNS=/run/netns/{Pod}"];

    /// <summary>Calls the plugin on a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="command">CNI_COMMAND.</param>
    public Outcome Call(Node node, string command) => node.Call(command, Input, Variables);

    /// <summary>The same as a shell's command, once the file is there.</summary>
    /// <param name="command">CNI_COMMAND.</param>
    public string Command(string command) =>
        $"env {string.Join(' ', Calls.Environment(command, Variables).Select(variable => $"{variable.Key}={variable.Value}"))} {Requirements.Binary} <{InputFile}";
}
