using System.Diagnostics;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Machines for nodes, made and entered by machine.c.</summary>
internal static class Machine
{
    /// <summary>
    /// What is there of the real machine can be read, and not be changed. Over each machine's /etc and /var/lib comes a tmpfs full of symbolic links, so that what is
    /// added there is added nowhere else, and what they lead to cannot be changed. Without what srcroute reads of a node: that is for each test to say.
    /// </summary>
    private const string Shielding = """
        . "$0"
        shield
        mount -t tmpfs originals /mnt
        mkdir -p /mnt/etc /mnt/lib /mnt/shadow/etc /mnt/shadow/lib
        mount --rbind /etc /mnt/etc
        mount --rbind /var/lib /mnt/lib
        ln -s /mnt/etc/* /mnt/shadow/etc
        ln -s /mnt/lib/* /mnt/shadow/lib
        cd /mnt/shadow/etc
        rm -f srcroute iproute2 cni containerd crio sysctl.d sysctl.conf
        rm -f network netplan NetworkManager networkd-dispatcher sysconfig systemd rc.local
        mkdir iproute2 srcroute sysctl.d
        rm -f ../lib/cni ../lib/rancher
        mount -o remount,bind,ro /mnt
        echo ready
        exec cat >/dev/null
        """;

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "machine");

    private static readonly Lazy<Process> Shielded = new(() => Start("unshare", "--mount", "--propagation", "private", "sh", "-euc", Shielding, Requirements.Shield));

    /// <summary>Makes one. It lives until the process that is returned has its standard input closed, or this one ends.</summary>
    /// <returns>The process that it is entered by.</returns>
    public static Process Make() => Start(Program, "make", $"{Shielded.Value.Id}");

    /// <summary>What runs a program on a machine.</summary>
    /// <param name="machine">The machine.</param>
    /// <returns>Words to put before the program's.</returns>
    public static string[] Entrance(Process machine) => Does("enter", machine);

    /// <summary>Makes networks on a machine, as `ip netns add` does, that hand on packets and look at no reverse path.</summary>
    public static void AddNetworks(Process machine, IEnumerable<string> names) => Job.Start([.. Does("networks", machine), .. names]).Finish().Succeeded();

    /// <summary>Waits until all bridges of all networks of a machine forward, all ends of cables are up, and all addresses are there.</summary>
    public static void Settle(Process machine) => Job.Start(Does("settle", machine)).Finish().Succeeded();

    private static string[] Does(string what, Process machine) => [Program, what, $"{machine.Id}"];

    private static Process Start(string program, params string[] arguments)
    {
        Process started = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("ready", started.StandardOutput.ReadLine());
        return started;
    }
}
