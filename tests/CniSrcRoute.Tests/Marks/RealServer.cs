using System.Buffers.Binary;
using System.Text;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Tests.Marks;

/// <summary>A server out of Debian on a node, with a UDP socket that is bound to no address.</summary>
internal sealed class RealServer : IDisposable
{
    /// <summary>What must be installed.</summary>
    public static readonly string[] Programs = ["unbound", "dnsmasq", "chronyd", "rsyslogd", "socat", "openssl", "conntrack", "gtlsserver", "gtlsclient"];

    private readonly Job _job;

    private RealServer(Node node, int port, byte[] question, int sockets, params string[] words)
    {
        (Port, Question) = (port, question);
        _job = node.Start(words);
        node.Await($"[ $(ss -Hlun 'sport = :{port}' | wc -l) = {sockets} ]");
    }

    /// <summary>Its port.</summary>
    public int Port { get; }

    /// <summary>What it answers.</summary>
    public byte[] Question { get; }

    /// <summary>
    /// Starts one. dnsmasq and chronyd look up the address that was asked (IP_PKTINFO) and answer with it; the others leave that to the kernel. `large` is unbound,
    /// asked for more than fits a packet.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="name">Which.</param>
    /// <param name="options">Further options, of dnsmasq alone.</param>
    public static RealServer Start(Node node, string name, params string[] options)
    {
        switch (name)
        {
            case "unbound" or "large":
                node.Write("/run/unbound.conf", """
                    server:
                        interface: 0.0.0.0
                        interface: ::0
                        chroot: ""
                        directory: "/run"
                        username: ""
                        pidfile: ""
                        use-syslog: no
                        access-control: 0.0.0.0/0 allow
                        access-control: ::/0 allow
                        max-udp-size: 4096
                        local-zone: "test." static
                        local-data: "small.test. A 203.0.113.53"

                    """ + string.Concat(Enumerable.Range(0, 20).Select(number => $"    local-data: 'large.test. TXT \"{number:d2}{new string('x', 150)}\"'\n")));
                return new RealServer(node, 53, name == "large" ? Query("large", 16) : Query("small", 1), 2, "unbound", "-d", "-p", "-c", "/run/unbound.conf");
            case "dnsmasq":
                return new RealServer(
                    node, 53, Query("small", 1), 2, ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root", "--pid-file=",
                    "--host-record=small.test,203.0.113.53", .. options]);
            case "chronyd":
                node.Write("/run/chrony.conf", "allow all\nlocal stratum 10\nport 123\ncmdport 0\nbindcmdaddress /\npidfile /run/chronyd.pid\n");
                return new RealServer(node, 123, [0x23, .. new byte[47]], 2, "chronyd", "-d", "-x", "-u", "root", "-f", "/run/chrony.conf");
            case "socat":
                return new RealServer(node, 5301, new byte[4000], 1, "socat", "-b", "8192", "UDP6-RECVFROM:5301,ipv6only=0,fork", "EXEC:cat");
            default:
                throw new ArgumentOutOfRangeException(nameof(name));
        }
    }

    public void Dispose() => _job.Dispose();

    // A query for one name below "test", with room for 4096 bytes (EDNS).
    private static byte[] Query(string name, ushort type)
    {
        byte[] query = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), 4, .. "test"u8, 0, 0, 0, 0, 1, 0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(query.AsSpan(query.Length - 15), type);
        return query;
    }
}
