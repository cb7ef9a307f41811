using System.Globalization;

namespace CniSrcRoute.Verbs.Explain;

/// <summary>What `srcroute explain` is asked.</summary>
/// <param name="Client">Who asks the node.</param>
/// <param name="Address">The address of the node; none for every one.</param>
/// <param name="Port">The port; 0 for none.</param>
/// <param name="Protocol">6 for TCP, 17 for UDP.</param>
/// <param name="Card">The card that the request comes in by, or as a zone its number; empty where that is to be found out.</param>
internal sealed record Question(IpAddress Client, IpAddress Address, ushort Port, byte Protocol, string Card)
{
    /// <summary>Whether the client has but an address on a link, which says nothing about the card: IPv6 has them on every one.</summary>
    public bool IsOfLink => Client.IsOfLinkAlone;

    /// <summary>Reads CLIENT[%CARD] [ADDRESS[%CARD][:PORT]], of IPv6 with a port [ADDRESS]:PORT.</summary>
    /// <exception cref="InputException">It is something else.</exception>
    public static Question Parse(IReadOnlyList<string> operands, byte protocol, string card)
    {
        if (operands.Count is not (1 or 2))
        {
            throw new InputException("explain: needs a client's address and, optionally, an address of the node");
        }

        IpAddress client = Read(operands[0], ref card), address = default;
        ushort port = 0;
        if (operands.Count == 2)
        {
            string text = operands[1];
            int colon = text.LastIndexOf(':');
            bool hasPort = text.StartsWith('[') ? colon > text.IndexOf(']', StringComparison.Ordinal) : colon >= 0 && text.IndexOf(':', StringComparison.Ordinal) == colon;
            if (hasPort && !(ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port > 0))
            {
                throw new InputException($"explain: {text[(colon + 1)..]} is not a port");
            }

            text = hasPort ? text[..colon] : text;
            address = Read(text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text, ref card);
        }

        return address.IsSet && address.Family != client.Family
            ? throw new InputException($"explain: {client} cannot ask {address}: one is IPv4, the other IPv6")
            : new Question(client, address, port, protocol, card);
    }

    /// <summary>The addresses that packets of the request and its answer go to: the client's, the one that is asked, and those that connections to the port are handed on to.</summary>
    /// <param name="connections">The connections that are tracked.</param>
    public IEnumerable<IpAddress> Destinations(IReadOnlyList<Connection> connections) =>
    [
        Client,
        .. Address.IsSet ? [Address] : Array.Empty<IpAddress>(),
        .. connections.Where(connection => connection.Protocol == Protocol && connection.Port == Port).Select(connection => connection.AnsweredBy),
    ];

    private static IpAddress Read(string text, ref string card)
    {
        int zone = text.IndexOf('%', StringComparison.Ordinal);
        if (!IpAddress.TryParse(zone < 0 ? text : text[..zone], out IpAddress address) || zone == text.Length - 1)
        {
            throw new InputException($"explain: {text} is not an address");
        }

        if (zone >= 0)
        {
            string named = text[(zone + 1)..];
            card = !address.IsOfLinkAlone ? throw new InputException($"explain: {text} is not an address: only those of a link, fe80::/10, have a zone")
                : card.Length > 0 && card != named ? throw new InputException($"explain: one card is meant by {card}, another by {named}")
                : named;
        }

        return address;
    }
}
