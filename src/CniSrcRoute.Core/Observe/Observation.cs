namespace CniSrcRoute.Observe;

/// <summary>What was seen of requests and their answers, in bounded memory.</summary>
/// <param name="isServers">Whether a port is a server's: a datagram to another answers something that the node has asked before anybody looked.</param>
/// <param name="isOwn">Whether an address is the node's.</param>
/// <param name="isOfMany">Whether many listen to an address: multicast, or broadcast.</param>
public sealed class Observation(Func<int, bool> isServers, Func<IpAddress, bool> isOwn, Func<IpAddress, bool> isOfMany)
{
    /// <summary>The most exchanges that are remembered: some 20 MB.</summary>
    public const int Limit = 1 << 16;

    /// <summary>How old a request has to be to count as not answered: the first one is sent again after a second (RFC 6298).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Dictionary<ExchangeKey, Exchange?> _exchanges = [];

    /// <summary>Requests for others than the node, by their clients alone.</summary>
    private readonly Dictionary<ExchangeKey, Exchange> _forOthers = [];

    /// <summary>The ports of what the node has asked many at once, theirs first: each of them may answer.</summary>
    private readonly HashSet<(ushort Theirs, ushort Own)> _askedOfMany = [];

    /// <summary>Whether nothing more is remembered: the share that is looked at has to be smaller.</summary>
    public bool IsFull => _exchanges.Count >= Limit;

    /// <summary>The addresses of routers and neighbours that have asked for one of the node's, by the card and the hardware address.</summary>
    public Dictionary<string, IpAddress> Neighbours { get; } = new(StringComparer.Ordinal);

    /// <summary>What came in.</summary>
    public IEnumerable<Exchange> Exchanges => _exchanges.Values.OfType<Exchange>();

    /// <summary>The clients that were answered by another card than they asked by.</summary>
    public IReadOnlyCollection<IpAddress> Crossed => [.. Exchanges.Where(exchange => exchange.AnswerCard != 0 && exchange.AnswerCard != exchange.Card).Select(exchange => exchange.Key.Client).Distinct()];

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
        var key = new ExchangeKey(packet.Protocol, packet.Client, packet.ClientPort, packet.ServerPort, packet.Client.IsLinkLocal ? packet.Card : 0);
        bool isKnown = _exchanges.TryGetValue(key, out Exchange? exchange);
        bool isUdp = packet.Protocol == UdpProtocol;
        if (isUdp && packet.IsOutgoing && isOfMany(packet.Client))
        {
            _ = _askedOfMany.Count < Limit && _askedOfMany.Add((packet.ClientPort, packet.ServerPort));
        }
        else if (packet.IsOutgoing && exchange is { AnswerCard: 0 })
        {
            (exchange.AnswerCard, exchange.AnswerSource) = (packet.Card, packet.Server);
        }
        else if (packet.IsRefusal)
        {
            // Of what was asked before anybody looked, or of a later packet.
        }
        else if (!isKnown && packet.IsOutgoing && _forOthers.Remove(OfClient(key), out Exchange? bridged) && bridged.AnswerCard == 0)
        {
            // A bridge whose packets iptables sees (br_netfilter) has translated the request before it was seen, and the answer says whom the client has asked.
            _exchanges.Remove(bridged.Key);
            _exchanges.Add(key, new Exchange(key, packet.Server, bridged.Card, bridged.Sender, bridged.At) { AnswerCard = packet.Card, AnswerSource = packet.Server });
        }
        else if (!isKnown && !IsFull && isUdp && (packet.IsOutgoing || !isServers(packet.ServerPort) || _askedOfMany.Contains((packet.ClientPort, packet.ServerPort))))
        {
            // The node has asked, so what comes in is the answer.
            _exchanges.Add(key, null);
        }
        else if (!isKnown && !IsFull && !packet.IsOutgoing)
        {
            exchange = new Exchange(key, packet.Server, packet.Card, packet.Sender, now);
            _exchanges.Add(key, exchange);
            if (!isOwn(packet.Server))
            {
                _forOthers[OfClient(key)] = exchange;
            }
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

        _forOthers.Clear();
    }

    private static ExchangeKey OfClient(ExchangeKey key) => key with { ServerPort = 0 };

    private const byte UdpProtocol = 17;
}
