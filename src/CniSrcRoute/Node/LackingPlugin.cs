using CniSrcRoute.Processes;

namespace CniSrcRoute.Node;

/// <summary>Why a runtime would not find srcroute, were it named in a network configuration: it would then start no pod at all.</summary>
/// <param name="Why">What is known of where it looks.</param>
/// <param name="Remedy">What to do about it, with the command.</param>
internal sealed record LackingPlugin(string Why, string Remedy)
{
    /// <summary>A k3s whose directory is unknown.</summary>
    public static LackingPlugin OfUnseenK3s { get; } = new(
        $"there is no plugin of k3s in {PluginDirectories.OfK3s}, and the directory of k3s releases before October 2024 is not visible here",
        "run `srcroute install` on the node itself");

    /// <summary>It looks in a directory where srcroute is not installed.</summary>
    public static LackingPlugin In(string directory)
    {
        string why = $"its runtime looks for plugins in {directory}";
        if (Directory.Exists(directory))
        {
            return Privilege.MayWrite(directory)
                ? new LackingPlugin($"{why}, where srcroute is not installed", $"first: ln -s {ShellWord.Quote(Environment.ProcessPath ?? PluginDirectories.Usual + "/srcroute")} {ShellWord.Quote(directory + "/srcroute")}")
                : new LackingPlugin($"{why}, which is not writable", $"have it look in {PluginDirectories.Usual} as well, and install again");
        }

        return Surroundings.AreOfPod
            ? new LackingPlugin($"{why}, which is not visible in this pod", OverlayFor(directory))
            : new LackingPlugin($"{why}, which does not exist", $"have it look in {PluginDirectories.Usual} as well, and install again");
    }

    /// <summary>The conflist names a plugin that is in none of the usual directories, as far as they are visible.</summary>
    public static LackingPlugin BesideUnseen(string type, string[] directories) => new(
        $"its plugin {type} is in none of {string.Join(", ", directories)}, so its runtime looks elsewhere",
        Surroundings.AreOfPod
            ? OverlayFor("")
            : $"link {PluginDirectories.Usual}/srcroute into the directory that has {type}, and set that directory in the runtime's settings, bin_dir in /etc/containerd/config.toml");

    private static string OverlayFor(string directory) => directory switch
    {
        "/usr/lib/cni" => "`kubectl apply -k scripts/kubernetes/debian` makes that directory visible",
        "/usr/libexec/cni" => "`kubectl apply -k scripts/kubernetes/crio` makes that directory visible",
        _ => "`kubectl apply -k scripts/kubernetes/debian` makes /usr/lib/cni visible, scripts/kubernetes/crio /usr/libexec/cni; mount any other directory likewise",
    };
}
