using System.Globalization;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Diagnosis;

/// <summary>
/// Finds UDP sockets that are bound to a port and to no address (proc_net_udp(5)). What answers by one gets its source from main before any rule is asked:
/// <see cref="UdpTable"/> has its requests translated to that one.
/// </summary>
internal static class UdpServers
{
    /// <summary>The state of a socket that is not connected: TCP_CLOSE of the kernel.</summary>
    private const string Unconnected = "07";

    /// <summary>The servers, by port.</summary>
    public static IReadOnlyList<UdpServer> Find()
    {
        var local = LocalPorts.Read();
        Dictionary<string, (int Port, bool IsIpv6)> sockets = [];
        foreach (bool isIpv6 in new[] { false, true })
        {
            foreach (string line in NodeFiles.ReadOrEmpty(isIpv6 ? "/proc/self/net/udp6" : "/proc/self/net/udp").Split('\n'))
            {
                // sl local_address rem_address st queues timer retrnsmt uid timeout inode ...
                string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length < 10 || fields[3] != Unconnected || fields[1].Split(':') is not [var address, var hex] || address.Trim('0').Length > 0)
                {
                    continue;
                }

                // 68 and 546 are DHCP's clients.
                int port = int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (local.IsServers(port) && port is not (68 or 546))
                {
                    sockets[$"socket:[{fields[9]}]"] = (port, isIpv6);
                }
            }
        }

        if (sockets.Count == 0)
        {
            return [];
        }

        // One that no process has is the kernel's own, a tunnel's.
        Dictionary<string, string> owners = Owners(sockets);
        return
        [
            .. sockets.Where(socket => owners.ContainsKey(socket.Key))
                .Select(socket => new UdpServer(socket.Value.Port, socket.Value.IsIpv6, owners[socket.Key]))
                .OrderBy(server => server.Port).ThenBy(server => server.IsIpv6).Distinct(),
        ];
    }

    /// <summary>The first process that has each socket, as far as it may be known.</summary>
    private static Dictionary<string, string> Owners(Dictionary<string, (int Port, bool IsIpv6)> sockets)
    {
        Dictionary<string, string> owners = [];
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(directory => char.IsAsciiDigit(directory["/proc/".Length])))
        {
            try
            {
                foreach (string file in Directory.EnumerateFiles($"{process}/fd"))
                {
                    if (new FileInfo(file).LinkTarget is { } link && sockets.ContainsKey(link) && !owners.ContainsKey(link))
                    {
                        owners.Add(link, $"{NodeFiles.ReadOrEmpty($"{process}/comm").Trim()}, process {process["/proc/".Length..]}");
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
