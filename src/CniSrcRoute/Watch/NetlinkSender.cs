using System.Globalization;

namespace CniSrcRoute.Watch;

/// <summary>The program behind a change of routes or rules.</summary>
internal static class NetlinkSender
{
    /// <summary>The multicast groups that systemd joins for systemd-networkd (ListenNetlink= of systemd-networkd.socket): links, addresses and routes.</summary>
    private const int NetworkdGroups = 1361;

    /// <summary>
    /// Names a program if it is certain. The kernel tells the port of a socket; as a rule that is the number of the process that opened it, but as that
    /// process counts: in a container it is another's number here. So the process has to hold that very socket.
    /// </summary>
    /// <param name="port">The port; 0 for the kernel itself.</param>
    /// <returns>The name; null also when the process is gone, or hides its descriptors from one with few rights.</returns>
    public static string? NameOf(uint port)
    {
        if (port is 0 or > int.MaxValue)
        {
            return null;
        }

        try
        {
            string name = File.ReadAllText($"/proc/{port}/comm").Trim();
            if (SocketOf(port) is not [.., var inode] socket)
            {
                return null;
            }

            // systemd opens systemd-networkd's socket for it, and its own process 1 has that port as long as it is open.
            int groups = int.Parse(socket[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return name == "systemd" && (groups & NetworkdGroups) == NetworkdGroups ? "systemd-networkd"
                : Holds(port, $"socket:[{inode}]") ? name
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The line of NETLINK_ROUTE's socket with a port: sk, Eth (the protocol), Pid (the port), Groups, ..., Inode.</summary>
    private static string[]? SocketOf(uint port)
    {
        string text = $"{port}";
        foreach (string line in File.ReadAllText("/proc/self/net/netlink").Split('\n'))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 10 && fields[1] == "0" && fields[2] == text)
            {
                return fields;
            }
        }

        return null;
    }

    private static bool Holds(uint process, string socket)
    {
        foreach (string descriptor in Directory.EnumerateFileSystemEntries($"/proc/{process}/fd"))
        {
            if (new FileInfo(descriptor).LinkTarget == socket)
            {
                return true;
            }
        }

        return false;
    }
}
