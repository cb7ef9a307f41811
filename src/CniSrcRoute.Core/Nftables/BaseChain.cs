namespace CniSrcRoute.Nftables;

/// <summary>A chain of somebody else that the kernel calls.</summary>
/// <param name="Table">The table, with its family: "ip mangle".</param>
/// <param name="Name">The chain.</param>
/// <param name="Hook">Where it is called.</param>
public sealed record BaseChain(string Table, string Name, NftHook Hook)
{
    /// <summary>NF_INET_: where packets come in, where those for the node and those for others go on, where the node's own begin, and where all leave.</summary>
    public const uint Prerouting = 0, Input = 1, Forward = 2, Output = 3, Postrouting = 4;

    /// <summary>Where destinations are translated, whatever priority a chain of the type nat has (NF_IP_PRI_NAT_DST).</summary>
    private const int DestinationNat = -100;

    /// <summary>Its name, for people.</summary>
    public string Place => $"nftables table {Table}, chain {Name}";

    /// <summary>Whether it sees what comes in before that is routed: also at NF_NETDEV_INGRESS (0) of a card, and NF_INET_INGRESS (5).</summary>
    public bool IsPrerouting => Hook.Number is Prerouting or 5;

    /// <summary>Whether it sees the frames of bridges or cards, whose hooks have numbers of their own.</summary>
    public bool IsOfFrames => FamilyOf(Table) is "bridge" or "netdev";

    /// <summary>Whether requests to UDP servers come to it behind our translation, which is the last of those of destinations.</summary>
    public bool IsBehindUdpServers => FamilyOf(Table) is "ip" or "ip6" or "inet" &&
        (Hook.Number == Input || (Hook.Number == Prerouting && Hook.Type != "nat" && Hook.Priority >= DestinationNat));

    /// <summary>Whether it sees packets of a family.</summary>
    /// <param name="family">The family.</param>
    /// <returns>True also for chains that see frames, whatever these hold.</returns>
    public bool Sees(Family family) => FamilyOf(Table) switch { "ip" => family == Family.IPv4, "ip6" => family == Family.IPv6, "inet" or "bridge" or "netdev" => true, _ => false };

    private static string FamilyOf(string table) => table[..table.IndexOf(' ', StringComparison.Ordinal)];
}
