namespace CniSrcRoute.Observe;

/// <summary>A connection, or a conversation of datagrams, that came in while somebody looked.</summary>
/// <param name="key">Who asked.</param>
/// <param name="server">The address that was asked.</param>
/// <param name="card">ifi_index of the card that the request came in by.</param>
/// <param name="sender">The hardware address that it came from; empty where the card has none.</param>
/// <param name="at">When, on any clock.</param>
public sealed class Exchange(ExchangeKey key, IpAddress server, int card, string sender, TimeSpan at)
{
    /// <summary>Who asked.</summary>
    public ExchangeKey Key => key;

    /// <summary>The address that was asked.</summary>
    public IpAddress Server => server;

    /// <summary>ifi_index of the card that the request came in by.</summary>
    public int Card => card;

    /// <summary>The hardware address that the request came from: the router's, or the client's own where it is on the link.</summary>
    public string Sender => sender;

    /// <summary>When the request came in.</summary>
    public TimeSpan At => at;

    /// <summary>ifi_index of the card that the first answer left by; 0 for none.</summary>
    public int AnswerCard { get; internal set; }

    /// <summary>The address that the answer came from; none without an answer.</summary>
    public IpAddress AnswerSource { get; internal set; }
}
