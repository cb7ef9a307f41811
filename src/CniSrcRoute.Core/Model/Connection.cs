namespace CniSrcRoute;

/// <summary>A connection that the kernel tracks (&lt;linux/netfilter/nfnetlink_conntrack.h&gt;).</summary>
/// <param name="Protocol">6 for TCP, 17 for UDP.</param>
/// <param name="OpenedBy">Who opened it.</param>
/// <param name="OpenedFromPort">The port it was opened from.</param>
/// <param name="OpenedTo">The address it was opened to.</param>
/// <param name="Port">The port it was opened to.</param>
/// <param name="AnsweredBy">Who answers: another address than it was opened to where that has been translated.</param>
/// <param name="AnsweringPort">The port of who answers.</param>
/// <param name="Status">CTA_STATUS: IPS_ bits.</param>
/// <param name="Mark">CTA_MARK.</param>
public sealed record Connection(
    byte Protocol, IpAddress OpenedBy, ushort OpenedFromPort, IpAddress OpenedTo, ushort Port, IpAddress AnsweredBy, ushort AnsweringPort, uint Status, uint Mark)
{
    private const uint SeenReply = 1 << 1;

    /// <summary>Whether it has been answered (IPS_SEEN_REPLY).</summary>
    public bool IsAnswered => (Status & SeenReply) != 0;

    /// <summary>Whether its destination has been translated (IPS_DST_NAT).</summary>
    public bool IsDestinationTranslated => (Status & (1 << 5)) != 0;

    /// <summary>Whether it is of a protocol that is known by ports: TCP, UDP, DCCP, SCTP or UDP-Lite.</summary>
    public bool HasPorts => Protocol is 6 or 17 or 33 or 132 or 136;

    /// <summary>Whether another record is of the same connection, however that has gone on.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True when it is.</returns>
    public bool IsSameAs(Connection other) => this with { Status = 0, Mark = 0, HasEnded = false } == other with { Status = 0, Mark = 0, HasEnded = false };

    /// <summary>The connection that one end of is known, as the kernel would track it.</summary>
    /// <param name="socket">The end, which is connected.</param>
    /// <param name="isOwn">Whether it has opened it.</param>
    public static Connection Of(ConnectionSocket socket, bool isOwn) => isOwn
        ? new(socket.Protocol, socket.Local, socket.LocalPort, socket.Remote, socket.RemotePort, socket.Remote, socket.RemotePort, SeenReply, 0)
        : new(socket.Protocol, socket.Remote, socket.RemotePort, socket.Local, socket.LocalPort, socket.Local, socket.LocalPort, SeenReply, 0);

    /// <summary>Whether both ends of a TCP connection have closed it: the kernel remembers it for some time.</summary>
    public bool HasEnded { get; init; }
}
