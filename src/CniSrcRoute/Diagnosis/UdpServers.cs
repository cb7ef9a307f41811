using System.Globalization;
using CniSrcRoute.Node;

namespace CniSrcRoute.Diagnosis;

/// <summary>
/// Finds UDP sockets that are bound to a port and to no address (proc_net_udp(5)). What answers by one gets its source from main before any rule is asked;
/// no table and no mark repairs that.
/// </summary>
internal static class UdpServers
{
    /// <summary>The state of a socket that is not connected: TCP_CLOSE of the kernel.</summary>
    private const string Unconnected = "07";

    /// <summary>The sockets.</summary>
    /// <returns>A port each, for example "port 53 (dnsmasq, process 812)".</returns>
    public static IReadOnlyList<string> Find()
    {
        (int first, int last) = EphemeralPorts();
        bool[] reserved = ReservedPorts();
        Dictionary<string, string> ports = [];
        Dictionary<string, int> sockets = [];
        foreach (string line in $"{NodeFiles.ReadOrEmpty("/proc/self/net/udp")}{NodeFiles.ReadOrEmpty("/proc/self/net/udp6")}".Split('\n'))
        {
            // sl local_address rem_address st queues timer retrnsmt uid timeout inode ...
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 10 || fields[3] != Unconnected || fields[1].Split(':') is not [var address, var hex] || address.Trim('0').Length > 0)
            {
                continue;
            }

            // A client's port is of the kernel's choice, and a socket tells neither who chose its port nor whether it answers. The kernel does not choose
            // what is reserved, so a server's port among its own is known by that. 68 and 546 are DHCP's clients.
            int port = int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if ((port < first || port > last || reserved[port]) && port is not (68 or 546) && ports.TryAdd(hex, $"socket:[{fields[9]}]"))
            {
                sockets.Add($"socket:[{fields[9]}]", port);
            }
        }

        // One that no process has is the kernel's own, a tunnel's.
        Dictionary<string, string> owners = Owners(sockets);
        List<string> servers = [];
        foreach (string hex in ports.Keys.Order(StringComparer.Ordinal))
        {
            if (owners.TryGetValue(ports[hex], out string? server))
            {
                servers.Add(server);
            }
        }

        return servers;
    }

    private static (int First, int Last) EphemeralPorts() =>
        NodeFiles.ReadOrEmpty("/proc/sys/net/ipv4/ip_local_port_range").Split('\t', ' ') is [var first, var last]
            ? (int.Parse(first, CultureInfo.InvariantCulture), int.Parse(last, CultureInfo.InvariantCulture))
            : (32768, 60999);

    /// <summary>ip_local_reserved_ports (ip-sysctl of the kernel's documentation), for example "8080,60000-60010".</summary>
    private static bool[] ReservedPorts()
    {
        bool[] ports = new bool[65536];
        foreach (string range in NodeFiles.ReadOrEmpty("/proc/sys/net/ipv4/ip_local_reserved_ports").Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            int last = int.Parse(ends[^1], CultureInfo.InvariantCulture);
            for (int port = int.Parse(ends[0], CultureInfo.InvariantCulture); port <= last; port++)
            {
                ports[port] = true;
            }
        }

        return ports;
    }

    /// <summary>The first process that has each socket, as far as it may be known.</summary>
    private static Dictionary<string, string> Owners(Dictionary<string, int> sockets)
    {
        Dictionary<string, string> owners = [];
        IEnumerable<string> processes =
            sockets.Count == 0 ? [] : Directory.EnumerateDirectories("/proc").Where(directory => char.IsAsciiDigit(directory["/proc/".Length]));
        foreach (string process in processes)
        {
            try
            {
                foreach (string file in Directory.EnumerateFiles($"{process}/fd"))
                {
                    if (new FileInfo(file).LinkTarget is { } link && sockets.TryGetValue(link, out int port) && !owners.ContainsKey(link))
                    {
                        owners.Add(link, $"port {port} ({NodeFiles.ReadOrEmpty($"{process}/comm").Trim()}, process {process["/proc/".Length..]})");
                    }
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended, or is somebody else's.
            }
        }

        return owners;
    }
}
