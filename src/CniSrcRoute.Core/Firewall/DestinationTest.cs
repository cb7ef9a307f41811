namespace CniSrcRoute.Firewall;

/// <summary>What a rule asks of a packet's destination: whether it is one of some addresses, each perhaps with some ports.</summary>
/// <param name="Parts">The addresses; none of them where a packet of their family is for another.</param>
/// <param name="IsNegated">Whether the rule is for all others.</param>
public sealed record DestinationTest(IReadOnlyList<DestinationTest.Part> Parts, bool IsNegated = false)
{
    /// <summary>The packets that it is for.</summary>
    /// <returns>The destination, as iptables(8) would write it.</returns>
    public override string ToString() => (IsNegated ? "! " : "") + (Parts.Count == 1 ? Parts[0].ToString() : $"{Parts.Count} addresses");

    /// <summary>Addresses beside one another, and the ports with which they are meant.</summary>
    /// <param name="From">The first.</param>
    /// <param name="To">The last.</param>
    /// <param name="Ports">The ports.</param>
    public readonly record struct Part(IpAddress From, IpAddress To, PortSpan Ports)
    {
        /// <summary>All addresses of a network, with all ports.</summary>
        /// <param name="network">The network.</param>
        public Part(IpPrefix network)
            : this(network.Address, network.Last, PortSpan.All)
        {
        }

        /// <summary>Whether a packet is meant.</summary>
        /// <param name="address">Its destination.</param>
        /// <param name="port">Its destination port.</param>
        /// <returns>True when it is.</returns>
        public bool Contains(IpAddress address, int port) =>
            From.Family == address.Family && IpAddress.Compare(From, address) <= 0 && IpAddress.Compare(address, To) <= 0 && Ports.From <= port && port <= Ports.To;

        /// <summary>The addresses.</summary>
        /// <returns>One, or the first and the last.</returns>
        public override string ToString() => From == To ? From.ToString() : $"{From}-{To}";
    }
}
