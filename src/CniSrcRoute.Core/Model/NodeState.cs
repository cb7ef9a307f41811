using CniSrcRoute.Firewall;
using CniSrcRoute.Nftables;

namespace CniSrcRoute;

/// <summary>
/// Everything on the node that matters, as it was when it was read: the input of <see cref="Planning.Derive"/> and <see cref="Planning.Diff"/>.
/// </summary>
public sealed record NodeState
{
    /// <summary>The devices.</summary>
    public IReadOnlyList<Link> Links { get; init; } = [];

    /// <summary>The addresses of the devices, in the kernel's order.</summary>
    public IReadOnlyList<Address> Addresses { get; init; } = [];

    /// <summary>The policy rules, in the order in which the kernel asks them.</summary>
    public IReadOnlyList<Rule> Rules { get; init; } = [];

    /// <summary>The routes of every table but local, in the kernel's order.</summary>
    public IReadOnlyDictionary<TableId, List<Route>> Tables { get; init; } = new Dictionary<TableId, List<Route>>();

    /// <summary>What of main was left out, as no business of ours (<see cref="Planning.MainFilter"/>).</summary>
    public PassedRoutes Passed { get; init; } = new();

    /// <summary>The routes of the kernel's own table local, of both families; null where they were not read.</summary>
    public IReadOnlyList<Route>? Local { get; init; }

    /// <summary>The names that others gave to tables: the number by the name.</summary>
    public IReadOnlyDictionary<string, uint> ForeignTableNames { get; init; } = new Dictionary<string, uint>();

    /// <summary>The text of our own file of table names; empty when there is none.</summary>
    public string TableNamesFile { get; init; } = "";

    /// <summary>What the text of our own file of table names would be, if it could be written.</summary>
    public string Remembered { get; init; } = "";

    /// <summary>The text of our own file of protocol names; empty when there is none.</summary>
    public string ProtocolNamesFile { get; init; } = "";

    /// <summary>The pods' networks as flannel states them in subnet.env; empty when flannel has not started.</summary>
    public IReadOnlyList<IpPrefix> FlannelNetworks { get; init; } = [];

    /// <summary>A sentence for each file that was not believed, since others than root may write it.</summary>
    public IReadOnlyList<string> RefusedFiles { get; init; } = [];

    /// <summary>What nftables holds of ours.</summary>
    public NftablesState Nftables { get; init; } = new(null, "it was not asked for");

    /// <summary>The UDP ports whose requests have to keep the address they were sent to; null where they cannot be told.</summary>
    public UdpPorts? UdpPorts { get; init; } = new([], []);

    /// <summary>The rules of others that ask what UDP packets for the node are for; null where they were not read, since no request is to be translated.</summary>
    public IReadOnlyList<DestinationRule>? DestinationRules { get; init; }

    /// <summary>net.ipv4.conf.all: settings that hold for every card, beside its own.</summary>
    public Ipv4Conf AllCards { get; init; }

    /// <summary>Whether net.ipv4.conf.all.src_valid_mark is what we have set it to.</summary>
    public bool SrcValidMarkIsOurs { get; init; }

    /// <summary>Whether kernel parameters are mounted read-only, as in most containers.</summary>
    public bool SysctlsAreReadOnly { get; init; }

    /// <summary>The routes of one table.</summary>
    /// <param name="table">The table.</param>
    /// <returns>Its routes; none for an absent table.</returns>
    public IReadOnlyList<Route> Table(TableId table) => Tables.TryGetValue(table, out List<Route>? routes) ? routes : [];

    /// <summary>The routes of the family's table main.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <returns>The routes in the kernel's order.</returns>
    public IReadOnlyList<Route> Main(Family family) => Table(new TableId(family, TableId.Main));
}
