namespace CniSrcRoute.Observe;

/// <summary>What was seen of requests and their answers, in bounded memory.</summary>
/// <param name="isServers">Whether a port is a server's: a datagram to another answers something that the node has asked before anybody looked.</param>
public sealed class Observation(Func<int, bool> isServers)
{
    /// <summary>The most exchanges that are remembered: some 20 MB.</summary>
    public const int Limit = 1 << 16;

    /// <summary>How old a request has to be to count as not answered: the first one is sent again after a second (RFC 6298).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Dictionary<ExchangeKey, Exchange?> _exchanges = [];

    /// <summary>Whether nothing more is remembered: the share that is looked at has to be smaller.</summary>
    public bool IsFull => _exchanges.Count >= Limit;

    /// <summary>The addresses of routers and neighbours that have asked for one of the node's, by the card and the hardware address.</summary>
    public Dictionary<string, IpAddress> Neighbours { get; } = new(StringComparer.Ordinal);

    /// <summary>What came in.</summary>
    public IEnumerable<Exchange> Exchanges => _exchanges.Values.OfType<Exchange>();

    /// <summary>Whether a request has had time to be answered.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="now">On the clock of the packets.</param>
    /// <returns>True when nobody answered in that time.</returns>
    public static bool IsUnanswered(Exchange exchange, TimeSpan now) => exchange.AnswerCard == 0 && now - exchange.At >= Patience;

    /// <summary>Takes note of a packet.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="now">When, on any clock.</param>
    public void See(SeenPacket packet, TimeSpan now)
    {
        var key = new ExchangeKey(packet.Protocol, packet.Client, packet.ClientPort, packet.ServerPort);
        bool isKnown = _exchanges.TryGetValue(key, out Exchange? exchange);
        if (packet.IsOutgoing && exchange is { AnswerCard: 0 })
        {
            (exchange.AnswerCard, exchange.AnswerSource) = (packet.Card, packet.Server);
        }
        else if (!isKnown && !IsFull && packet.Protocol == UdpProtocol && (packet.IsOutgoing || !isServers(packet.ServerPort)))
        {
            // The node has asked, so what comes in is the answer.
            _exchanges.Add(key, null);
        }
        else if (!isKnown && !IsFull && !packet.IsOutgoing)
        {
            _exchanges.Add(key, new Exchange(key, packet.Server, packet.Card, packet.Sender, now));
        }
    }

    /// <summary>Forgets what has no answer yet: packets were lost to us, and the answer may have been among them.</summary>
    public void ForgetUndecided()
    {
        foreach (ExchangeKey key in new List<ExchangeKey>(_exchanges.Keys))
        {
            if (_exchanges[key] is not { AnswerCard: not 0 })
            {
                _exchanges.Remove(key);
            }
        }
    }

    private const byte UdpProtocol = 17;
}
