using CniSrcRoute.UnitTests;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>What the kernel tests need: root, a few tools, the published binary.</summary>
internal static class Requirements
{
    private static readonly string[] Tools =
        ["unshare", "nsenter", "mount", "setpriv", "flock", "ip", "iptables", "nft", "sysctl", "pgrep", "socat", "tcpdump", "jq"];

    private static readonly string[] CniPlugins = ["bridge", "ptp", "host-local", "portmap"];

    /// <summary>The binary as it is shipped: dist/srcroute, above the test assembly; the variable SRCROUTE names another.</summary>
    public static readonly string Binary = Environment.GetEnvironmentVariable("SRCROUTE") ?? Repository.PathOf("dist/srcroute");

    /// <summary>Shell functions that keep the real machine from being changed.</summary>
    public static readonly string Shield = Repository.PathOf("scripts/lib/shield");

    /// <summary>A shell function that writes what container runtimes need on a node.</summary>
    public static readonly string Runtimes = Repository.PathOf("scripts/lib/runtimes");

    /// <summary>Where the CNI project's own plugins are.</summary>
    public static readonly string CniPath =
        new[] { "/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni" }
            .FirstOrDefault(directory => CniPlugins.All(plugin => File.Exists($"{directory}/{plugin}"))) ?? "";

    /// <summary>What is missing, as a reason to skip; null when all is there.</summary>
    public static readonly string? Missing =
        !Environment.IsPrivilegedProcess ? "needs root"
        : Tools.FirstOrDefault(tool => !IsInstalled(tool)) is { } tool ? $"needs {tool}"
        : Job.Start(["sh", "-c", ". $0; is_chroot", Shield]).Finish().ExitStatus == 0 ? "needs a root of its own: this is a chroot"
        : CniPath.Length == 0 ? $"needs the CNI plugins {string.Join(", ", CniPlugins)}"
        : !File.Exists(Binary) ? "needs dist/srcroute: run make"
        : null;

    /// <summary>Whether the variable CI is set: nothing is skipped then, what is missing fails.</summary>
    public static bool IsContinuousIntegration => Environment.GetEnvironmentVariable("CI") is { Length: > 0 };

    /// <summary>A reason to skip.</summary>
    public static string? Skip => IsContinuousIntegration ? null : Missing;

    /// <summary>Whether a program is there.</summary>
    public static bool IsInstalled(string tool) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Any(directory => File.Exists(Path.Combine(directory, tool)));
}
