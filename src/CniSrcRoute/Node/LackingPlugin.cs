using CniSrcRoute.Processes;

namespace CniSrcRoute.Node;

/// <summary>Why a runtime would not find srcroute, were it named in a network configuration: it would then start no pod at all.</summary>
/// <param name="Why">What is known of where it looks.</param>
/// <param name="Remedy">What to do about it, with the command.</param>
internal sealed record LackingPlugin(string Why, string Remedy)
{
    /// <summary>A k3s whose directory is unknown.</summary>
    public static LackingPlugin OfUnseenK3s { get; } = new(
        $"no plugin of k3s's stands in {PluginDirectories.OfK3s}, and where a k3s before October 2024 keeps them cannot be seen",
        "run `srcroute install` on the node itself");

    /// <summary>It looks in a directory where srcroute does not stand.</summary>
    public static LackingPlugin In(string directory)
    {
        string why = $"its runtime looks for plugins in {directory}";
        if (Directory.Exists(directory))
        {
            return Privilege.MayWrite(directory)
                ? new LackingPlugin($"{why}, where srcroute does not stand", $"first: ln -s {ShellWord.Quote(Environment.ProcessPath ?? PluginDirectories.Usual + "/srcroute")} {ShellWord.Quote(directory + "/srcroute")}")
                : new LackingPlugin($"{why}, where nothing can be written", $"have it look in {PluginDirectories.Usual} as well, and install again");
        }

        return Surroundings.AreOfPod
            ? new LackingPlugin($"{why}, which this pod does not see", OverlayFor(directory))
            : new LackingPlugin($"{why}, which is not there", $"have it look in {PluginDirectories.Usual} as well, and install again");
    }

    /// <summary>It finds a plugin that stands in none of the usual directories, as far as they can be seen.</summary>
    public static LackingPlugin BesideUnseen(string type, string[] directories) => new(
        $"its plugin {type} stands in none of {string.Join(", ", directories)}, so its runtime looks elsewhere",
        Surroundings.AreOfPod
            ? OverlayFor("")
            : $"link {PluginDirectories.Usual}/srcroute to where {type} stands, and name that directory to the runtime, in /etc/containerd/config.toml by bin_dir");

    private static string OverlayFor(string directory) => directory switch
    {
        "/usr/lib/cni" => "`kubectl apply -k scripts/kubernetes/debian` shows it that directory",
        "/usr/libexec/cni" => "`kubectl apply -k scripts/kubernetes/crio` shows it that directory",
        _ => "scripts/kubernetes/debian shows it /usr/lib/cni and scripts/kubernetes/crio /usr/libexec/cni, by `kubectl apply -k`; another has to be mounted likewise",
    };
}
