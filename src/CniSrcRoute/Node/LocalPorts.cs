using System.Globalization;

namespace CniSrcRoute.Node;

/// <summary>Which ports are servers'. A socket tells neither who chose its port nor whether it answers.</summary>
internal sealed class LocalPorts
{
    private readonly bool[] _chosenByKernel = new bool[65536];

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
        ports.Set(first, last, true);

        // The kernel does not choose what is reserved: ip_local_reserved_ports (ip-sysctl of the kernel's documentation), for example "8080,60000-60010".
        foreach (string range in NodeFiles.ReadOrEmpty("/proc/sys/net/ipv4/ip_local_reserved_ports").Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            ports.Set(Number(ends[0]), Number(ends[^1]), false);
        }

        return ports;
    }

    /// <summary>Whether a port is not one that the kernel gives to clients.</summary>
    public bool IsServers(int port) => !_chosenByKernel[port];

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private void Set(int first, int last, bool isChosenByKernel) => _chosenByKernel.AsSpan()[first..(last + 1)].Fill(isChosenByKernel);
}
