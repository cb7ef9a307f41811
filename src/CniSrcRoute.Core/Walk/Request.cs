namespace CniSrcRoute.Walk;

/// <summary>A request from the world: what is to be explained.</summary>
/// <param name="Client">Who asks.</param>
/// <param name="Address">The address of the node that is asked.</param>
/// <param name="Port">The port; 0 for any.</param>
/// <param name="Protocol">6 for TCP, 17 for UDP.</param>
/// <param name="Card">The device it comes in by.</param>
/// <param name="Way">The device whose routes lead back: the same, but for a macvlan or ipvlan that only holds single addresses the card below, which has its wire.</param>
/// <param name="Translated">To whom it is handed on; null where the node answers itself.</param>
public sealed record Request(IpAddress Client, IpAddress Address, ushort Port, byte Protocol, Link Card, Link Way, Translation? Translated)
{
    /// <summary>Whether a UDP server answers that is bound to no address: the kernel finds the answer's way first, and its source by that.</summary>
    public bool IsForWildcard { get; init; }

    /// <summary>What of it or its answer others keep from being tracked; null for nothing.</summary>
    public Untracked? Untracked { get; init; }

    /// <summary>The client in words: of one that has but an address on a link with the card, as addresses of a zone are written.</summary>
    public string Who => Client.IsOfLinkAlone ? $"{Client}%{Card.Name}" : Client.ToString();

    /// <summary>The client's port, one of many.</summary>
    public const ushort ClientPort = 40000;
}
