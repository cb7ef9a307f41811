using System.Globalization;

namespace CniSrcRoute.Node;

/// <summary>Which ports are servers'. A socket tells neither who chose its port nor whether it answers.</summary>
internal sealed class LocalPorts
{
    /// <summary>What was said of ports, the last word last.</summary>
    private readonly List<(int First, int Last, bool IsChosenByKernel)> _ranges = [];

    private LocalPorts()
    {
    }

    /// <summary>Reads what the kernel chooses from.</summary>
    public static LocalPorts Read()
    {
        LocalPorts ports = new();
        (int first, int last) = NodeFiles.ReadOrEmpty("/proc/sys/net/ipv4/ip_local_port_range").Split('\t', ' ') is [var from, var to]
            ? (Number(from), Number(to))
            : (32768, 60999);
        ports._ranges.Add((first, last, true));

        // The kernel does not choose what is reserved: ip_local_reserved_ports (ip-sysctl of the kernel's documentation), for example "8080,60000-60010".
        foreach (string range in NodeFiles.ReadOrEmpty("/proc/sys/net/ipv4/ip_local_reserved_ports").Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            ports._ranges.Add((Number(ends[0]), Number(ends[^1]), false));
        }

        return ports;
    }

    /// <summary>Whether a port is not one that the kernel gives to clients.</summary>
    public bool IsServers(int port) => !_ranges.FindLast(range => range.First <= port && port <= range.Last).IsChosenByKernel;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
