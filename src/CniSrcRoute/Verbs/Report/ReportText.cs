using System.Globalization;
using System.Text;
using CniSrcRoute.Configuration;
using CniSrcRoute.Diagnosis;
using CniSrcRoute.Netlink;
using CniSrcRoute.Nftables;
using CniSrcRoute.Node;
using CniSrcRoute.Processes;

namespace CniSrcRoute.Verbs.Report;

/// <summary>Everything that somebody who is asked for help would ask for, under headings. For what is not available, the reason is printed instead.</summary>
internal static class ReportText
{
    /// <summary>How many bytes of another program's words are taken.</summary>
    private const int MostOfProgram = 256 << 10;

    private static readonly string[] Sysctls =
        ["rp_filter", "src_valid_mark", "arp_ignore", "arp_announce", "arp_filter", "accept_local", "forwarding"];

    private static readonly string[] Files =
    [
        "/proc/version", "/etc/os-release", Config.DefaultFile, FlannelSubnet.File, "/etc/srcroute/installed",
        "/etc/iproute2/rt_tables.d/srcroute.conf", "/etc/iproute2/rt_protos.d/srcroute.conf", "/etc/iproute2/rt_tables",
        "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding", "/proc/sys/net/ipv4/fwmark_reflect", "/proc/sys/net/ipv4/tcp_fwmark_accept",
        "/proc/sys/net/ipv4/ip_local_port_range", "/proc/sys/net/ipv4/vs/conntrack", "/proc/sys/net/netfilter/nf_conntrack_count", "/proc/sys/net/netfilter/nf_conntrack_max",
    ];

    public static string Of(string? configFile)
    {
        var text = new StringBuilder();
        using var kernel = new Kernel();
        Section(text, "srcroute", () => $"version {typeof(ReportText).Assembly.GetName().Version!.ToString(3)}, {DateTime.UtcNow.ToString("u", CultureInfo.InvariantCulture)}\n{Standing()}");
        NodeState? state = null;
        Section(text, "status", () =>
        {
            Reconciliation round = Reconciliation.Of(state = StateReader.ReadWhole(kernel), NodeFiles.ReadConfig(configFile));
            var report = StatusReport.Of(round, NodeDiagnosis.On(kernel, round));
            return $"{Wrapping.WrapLines(StatusText.Format(report, int.MaxValue), int.MaxValue)}\nplan:\n{string.Join('\n', report.Drift)}\n\nour nftables table is {Table(round)}\n\n{StatusJson.Format(report)}";
        });
        state ??= StateReader.ReadWhole(kernel);
        Section(text, "rules", () => Rules(state));
        Section(text, "links", () => Links(state));
        Section(text, "neighbours", () => string.Concat(kernel.Routing.ListNeighbours().ConvertAll(one => $"{NameOf(state, one.Card)} {one.Address} {one.HardwareAddress}\n")));
        Section(text, "routes", () => Routes(state));
        foreach (string file in (string[])[.. Files, .. configFile is null ? [] : new[] { configFile }, .. Conflists.All()])
        {
            Section(text, file, () => NodeFiles.ReadOrEmpty(file));
        }

        Section(text, "settings of cards", () => SysctlsOf(state));
        Program(text, "nft", "-nn", "list", "table", "inet", NftTable.Name);
        Program(text, "journalctl", "--no-pager", "--lines=500", "--output=short-iso", "--unit=srcroute-watch", "--unit=srcroute-bootstrap");
        return text.ToString();
    }

    private static void Section(StringBuilder text, string heading, Func<string> content)
    {
        string said;
        try
        {
            said = content();
        }
        catch (Exception e) when (e is InputException or NetlinkException or IOException or UnauthorizedAccessException)
        {
            said = $"not available: {e.Message}";
        }

        text.Append("==== ").Append(heading).Append(" ====\n").Append(said.TrimEnd('\n')).Append("\n\n");
    }

    private static void Program(StringBuilder text, params string[] words) => Section(text, string.Join(' ', words), () =>
    {
        using var program = DetachedProgram.Start(words);
        byte[] output = StandardStreams.ReadUpTo(program.Output, MostOfProgram);

        // A command with more output goes on writing until nobody reads any more.
        byte[] error = output.Length < MostOfProgram ? StandardStreams.ReadUpTo(program.Error, MostOfProgram) : [];
        return Encoding.UTF8.GetString([.. output, .. error]);
    });

    private static string Standing() =>
        $"a watcher {(NodeLock.IsWatched ? $"runs, its last verification was at {NodeLock.LastVerification.ToString("u", CultureInfo.InvariantCulture)}" : "does not run")}\n" +
        $"{Confirmation.Standstill ?? Confirmation.Abandoned ?? "no change waits for a confirmation"}\n";

    private static string Table(Reconciliation round) => (round.Desired.MarkTable, round.State.Nftables.Table) switch
    {
        (_, null) => $"not there {round.State.Nftables.Obstacle}",
        ({ } desired, { } actual) when desired.IsLike(actual) => "as it should be",
        _ => "not as it should be",
    };

    private static string Rules(NodeState state)
    {
        var text = new StringBuilder();
        foreach (Rule rule in state.Rules)
        {
            text.Append(rule.Family == Family.IPv6 ? "ip -6 rule: " : "ip rule: ").Append(IpCommand.Format(rule)).Append('\n');
        }

        return text.ToString();
    }

    private static string Links(NodeState state)
    {
        var text = new StringBuilder();
        foreach (Link link in state.Links)
        {
            text.Append(CultureInfo.InvariantCulture, $"{link.Index}: {link.Name} kind \"{link.Kind}\" type {link.HardwareType} flags 0x{link.Flags:x} master {link.Master} ")
                .Append(CultureInfo.InvariantCulture, $"below {link.Lower} in {(link.LowerNetNs is { } other ? $"namespace {other}" : "this namespace")} group {link.Group} vrf {link.VrfTable}\n");
            foreach (Address address in state.Addresses)
            {
                text.Append(address.Link == link.Index ? string.Create(CultureInfo.InvariantCulture, $"    {address.Local}/{address.Subnet.Length} scope {address.Scope} flags 0x{address.Flags:x}\n") : "");
            }
        }

        return text.ToString();
    }

    private static string Routes(NodeState state)
    {
        var text = new StringBuilder();
        var ip = new IpCommand(state);
        foreach ((TableId table, List<Route> routes) in state.Tables)
        {
            Append(table.Number, routes);
        }

        Append(TableId.Local, state.Local ?? []);
        return text.ToString();

        void Append(uint table, IReadOnlyList<Route> routes)
        {
            foreach (Route route in routes)
            {
                text.Append(ip.Format(route, table)).Append('\n');
            }
        }
    }

    private static string SysctlsOf(NodeState state)
    {
        var text = new StringBuilder();
        foreach (string card in (string[])["all", "default", .. state.Links.Select(link => link.Name)])
        {
            text.Append(card);
            foreach (string key in Sysctls)
            {
                text.Append(' ').Append(key).Append('=').Append(NodeFiles.ReadOrEmpty($"/proc/sys/net/ipv4/conf/{card}/{key}").Trim());
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string NameOf(NodeState state, int card) => state.Links.FirstOrDefault(link => link.Index == card)?.Name ?? "";
}
