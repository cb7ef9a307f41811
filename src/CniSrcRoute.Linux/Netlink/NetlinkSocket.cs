using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Sockets;
using Tmds.Linux;
using static CniSrcRoute.Interop.Constants;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink;

/// <summary>A socket of the family AF_NETLINK (netlink(7)).</summary>
public sealed unsafe class NetlinkSocket : ITransport
{
    /// <summary>Bytes the kernel may queue for us. The default holds some 250 messages; a burst of route changes is thousands.</summary>
    private const int ReceiveQueue = 16 << 20;

    /// <summary>Bytes one datagram of ours may have; a batch of route changes is one.</summary>
    private const int SendQueue = 4 << 20;

    private readonly int _descriptor;

    /// <summary>What poll(2) wants.</summary>
    public int Descriptor => _descriptor;

    /// <summary>The address of the socket: what the kernel writes into nlmsg_pid of the events about our changes.</summary>
    public uint PortId
    {
        get
        {
            Libc.SockAddrNetlink own;
            socklen_t length = sizeof(Libc.SockAddrNetlink);
            return getsockname(_descriptor, (sockaddr*)&own, &length) == 0
                ? own.PortId
                : throw new NetlinkException("getsockname", Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Opens a socket of the protocol NETLINK_ROUTE in the network namespace of the process.</summary>
    /// <param name="groups">The multicast groups to join: RTNLGRP_ numbers.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public NetlinkSocket(params ReadOnlySpan<int> groups)
        : this(NETLINK_ROUTE, groups)
    {
    }

    private NetlinkSocket(int protocol, ReadOnlySpan<int> groups)
    {
        _descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
        if (_descriptor < 0)
        {
            throw new NetlinkException("socket(AF_NETLINK)", Marshal.GetLastPInvokeError());
        }

        // An unbound socket has the port 0, and the kernel skips that port when it reports changes: there it means the kernel itself.
        var any = new Libc.SockAddrNetlink { Family = (ushort)AF_NETLINK };
        if (bind(_descriptor, (sockaddr*)&any, sizeof(Libc.SockAddrNetlink)) < 0)
        {
            throw new NetlinkException("bind(AF_NETLINK)", Marshal.GetLastPInvokeError());
        }

        // Without CAP_NET_ADMIN the kernel keeps its own limits, and a process that only reads gets on with them.
        _ = TrySet(SOL_SOCKET, SO_RCVBUFFORCE, ReceiveQueue);
        _ = TrySet(SOL_SOCKET, SO_SNDBUFFORCE, SendQueue);
        Set(NETLINK_EXT_ACK, 1);
        Set(NETLINK_CAP_ACK, 1);
        Set(NETLINK_GET_STRICT_CHK, 1);
        foreach (int group in groups)
        {
            Set(NETLINK_ADD_MEMBERSHIP, group);
        }
    }

    /// <summary>Opens a socket of the protocol NETLINK_SOCK_DIAG.</summary>
    /// <exception cref="NetlinkException">The kernel refused: EPROTONOSUPPORT without sock_diag.</exception>
    public static NetlinkSocket OfSockDiag() => new(NETLINK_SOCK_DIAG, []);

    /// <summary>Opens a socket of the protocol NETLINK_NETFILTER in the network namespace of the process.</summary>
    /// <param name="groups">The multicast groups to join: NFNLGRP_ numbers.</param>
    /// <exception cref="NetlinkException">The kernel refused: EPROTONOSUPPORT without nfnetlink.</exception>
    public static NetlinkSocket OfNetfilter(params ReadOnlySpan<int> groups) => new(NETLINK_NETFILTER, groups);

    /// <inheritdoc/>
    public void Dispose() => _ = close(_descriptor);

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> datagram)
    {
        var kernel = new Libc.SockAddrNetlink { Family = (ushort)AF_NETLINK };
        fixed (byte* bytes = datagram)
        {
            while (sendto(_descriptor, bytes, datagram.Length, 0, (sockaddr*)&kernel, sizeof(Libc.SockAddrNetlink)) < 0)
            {
                ThrowUnlessInterrupted("send");
            }
        }
    }

    /// <inheritdoc/>
    public int Receive(Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                Libc.SockAddrNetlink from;
                socklen_t length = sizeof(Libc.SockAddrNetlink);

                // MSG_TRUNC: the answer is the datagram's own length, also when its tail did not fit and is gone (recv(2)).
                nint received = (nint)recvfrom(_descriptor, bytes, buffer.Length, MSG_TRUNC, (sockaddr*)&from, &length);
                if (received < 0)
                {
                    ThrowUnlessInterrupted("receive");
                }
                else if (received > buffer.Length)
                {
                    throw new NetlinkException("receive", 0, $"a datagram of {received} bytes is longer than the buffer");
                }
                else if (from.PortId == 0)
                {
                    return (int)received;
                }

                // Any process may send to our port; only port 0 is the kernel.
            }
        }
    }

    /// <summary>Waits until there is something to receive.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <returns>False when the time was up.</returns>
    public bool Wait(TimeSpan timeout)
    {
        Span<bool> ready = [false];
        Poll.Wait([_descriptor], ready, timeout);
        return ready[0];
    }

    /// <summary>Has the kernel drop the events of one process's changes before they reach the queue: a copy in eight tables is eight events.</summary>
    /// <param name="portId">The process's socket.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void DropMessagesOf(uint portId)
    {
        // The filter loads nlmsg_pid, the fourth word of struct nlmsghdr, as if it were in network order.
        Libc.SockFilter* filter = stackalloc Libc.SockFilter[]
        {
            new(BPF_LD | BPF_W | BPF_ABS, 0, 0, 12),
            new(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(portId)),
            new(BPF_RET | BPF_K, 0, 0, 0),
            new(BPF_RET | BPF_K, 0, 0, uint.MaxValue),
        };
        var program = new Libc.SockFilterProgram { Length = 4, Filter = filter };
        if (setsockopt(_descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(Libc.SockFilterProgram)) < 0)
        {
            throw new NetlinkException("setsockopt(SO_ATTACH_FILTER)", Marshal.GetLastPInvokeError());
        }
    }

    private static void ThrowUnlessInterrupted(string operation)
    {
        int errno = Marshal.GetLastPInvokeError();
        if (errno != EINTR)
        {
            throw new NetlinkException($"netlink {operation}", errno);
        }
    }

    private void Set(int option, int value)
    {
        if (!TrySet(SOL_NETLINK, option, value))
        {
            throw new NetlinkException($"setsockopt(SOL_NETLINK, {option})", Marshal.GetLastPInvokeError());
        }
    }

    private bool TrySet(int level, int option, int value) => setsockopt(_descriptor, level, option, &value, sizeof(int)) == 0;
}
