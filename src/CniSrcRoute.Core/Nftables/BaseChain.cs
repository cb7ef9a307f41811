namespace CniSrcRoute.Nftables;

/// <summary>A chain of somebody else that the kernel calls.</summary>
/// <param name="Table">The table, with its family: "ip mangle".</param>
/// <param name="Name">The chain.</param>
/// <param name="Hook">Where it is called.</param>
public sealed record BaseChain(string Table, string Name, NftHook Hook)
{
    /// <summary>NF_INET_: where packets come in, where those for the node and those for others go on, where the node's own begin, and where all leave.</summary>
    public const uint Prerouting = 0, Input = 1, Forward = 2, Output = 3, Postrouting = 4;

    /// <summary>NF_INET_INGRESS: ahead of all others.</summary>
    public const uint Ingress = 5;

    /// <summary>The priorities of iptables' tables mangle and raw (NF_IP_PRI_MANGLE, NF_IP_PRI_RAW).</summary>
    private const int Mangle = -150, Raw = -300;

    /// <summary>Where destinations are translated, whatever priority a chain of the type nat has (NF_IP_PRI_NAT_DST).</summary>
    private const int DestinationNat = -100;

    /// <summary>Where sources are translated, and those of answers translated back (NF_IP_PRI_NAT_SRC).</summary>
    private const int SourceNat = 100;

    /// <summary>Its name, for people.</summary>
    public string Place => $"nftables table {Table}, chain {Name}";

    /// <summary>Whether it sees what comes in before that is routed: also at NF_NETDEV_INGRESS (0) of a card, and NF_INET_INGRESS (5).</summary>
    public bool IsPrerouting => Hook.Number is Prerouting or Ingress;

    /// <summary>Whether it sees the frames of bridges or cards, whose hooks have numbers of their own.</summary>
    public bool IsOfFrames => FamilyOf(Table) is "bridge" or "netdev";

    /// <summary>Whether requests to UDP servers come to it behind our translation, which is the last of those of destinations.</summary>
    public bool IsBehindUdpServers => FamilyOf(Table) is "ip" or "ip6" or "inet" &&
        (Hook.Number == Input || (Hook.Number == Prerouting && Hook.Type != "nat" && Hook.Priority >= DestinationNat));

    /// <summary>Whether UDP servers' answers come to it before they have the address back that was asked.</summary>
    public bool IsAheadOfUdpAnswers => FamilyOf(Table) is "ip" or "ip6" or "inet" && Hook.Type != "nat" &&
        (Hook.Number == Output || (Hook.Number == Postrouting && Hook.Priority < SourceNat));

    /// <summary>Whether it sees packets of a family.</summary>
    /// <param name="family">The family.</param>
    /// <returns>True also for chains that see frames, whatever these hold.</returns>
    public bool Sees(Family family) => FamilyOf(Table) switch { "ip" => family == Family.IPv4, "ip6" => family == Family.IPv6, "inet" or "bridge" or "netdev" => true, _ => false };

    /// <summary>The chains by which the kernel gets to a rule: its own, or, of one that others jump to, any of its table.</summary>
    /// <param name="write">The rule.</param>
    /// <param name="chains">All chains of nftables that the kernel calls.</param>
    /// <returns>None where no packet comes to it.</returns>
    public static IEnumerable<BaseChain> Of(MarkWrite write, IReadOnlyList<BaseChain> chains)
    {
        List<BaseChain> table = write.IsLegacy ? OfLegacy(write.Table) : [.. chains.Where(chain => chain.Table == write.Table)];
        List<BaseChain> own = table.FindAll(chain => chain.Name == write.Chain);
        return own.Count > 0 ? own : table;
    }

    /// <summary>The chains of a table of iptables-legacy that the kernel calls; some tables have not all of them.</summary>
    /// <param name="table">The table, with its family.</param>
    /// <returns>The chains.</returns>
    public static List<BaseChain> OfLegacy(string table)
    {
        (string type, int priority) = table[(table.IndexOf(' ', StringComparison.Ordinal) + 1)..] switch { "nat" => ("nat", 0), "mangle" => ("route", Mangle), "raw" => ("filter", Raw), _ => ("filter", 0) };
        return [.. ((string[])["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]).Select((name, number) => new BaseChain(table, name, new NftHook(type, (uint)number, priority)))];
    }

    private static string FamilyOf(string table) => table[..table.IndexOf(' ', StringComparison.Ordinal)];
}
