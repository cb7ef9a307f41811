using CniSrcRoute.Observe;

namespace CniSrcRoute.Verbs.Observe;

/// <summary>A request that came in, and what became of it, with names.</summary>
/// <param name="Exchange">What was seen.</param>
/// <param name="Card">The card that it came in by.</param>
/// <param name="AnswerCard">The card that the answer left by; empty without one.</param>
/// <param name="RouterHardware">The hardware address of the router that it came through; empty where its client is on the link.</param>
/// <param name="Router">The router's address; none where it is not known.</param>
internal sealed record ObservedExchange(Exchange Exchange, string Card, string AnswerCard, string RouterHardware, IpAddress Router)
{
    /// <summary>The protocol's name.</summary>
    public string Protocol => Exchange.Key.Protocol == 17 ? "udp" : "tcp";
}
