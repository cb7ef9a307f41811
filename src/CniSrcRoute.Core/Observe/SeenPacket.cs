namespace CniSrcRoute.Observe;

/// <summary>A packet on a card, seen from its client's side, whichever way it goes.</summary>
/// <param name="Card">ifi_index of the card.</param>
/// <param name="IsOutgoing">Whether the node sends it.</param>
/// <param name="Protocol">6 for TCP, 17 for UDP.</param>
/// <param name="Client">The other end: the source of what comes in, the destination of what goes out.</param>
/// <param name="ClientPort">Its port.</param>
/// <param name="Server">The node's end.</param>
/// <param name="ServerPort">Its port.</param>
/// <param name="Sender">The hardware address that an incoming packet came from, as text; empty where the card has none.</param>
public sealed record SeenPacket(
    int Card, bool IsOutgoing, byte Protocol, IpAddress Client, ushort ClientPort, IpAddress Server, ushort ServerPort, string Sender)
{
    /// <summary>Whether it is an ICMP error that says that the request has not been taken.</summary>
    public bool IsRefusal { get; init; }
}
