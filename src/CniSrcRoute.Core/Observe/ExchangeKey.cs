namespace CniSrcRoute.Observe;

/// <summary>
/// What a request and its answer have in common on the wire, whatever is translated on the node. Not the node's own address: a UDP server may answer with
/// another than was asked.
/// </summary>
/// <param name="Protocol">6 for TCP, 17 for UDP.</param>
/// <param name="Client">The client's address.</param>
/// <param name="ClientPort">The client's port.</param>
/// <param name="ServerPort">The port that was asked.</param>
/// <param name="Card">Of a client whose address is valid on its link alone, the ifi_index of the card, since another may have it on another link; otherwise 0.</param>
public sealed record ExchangeKey(byte Protocol, IpAddress Client, ushort ClientPort, ushort ServerPort, int Card = 0);
