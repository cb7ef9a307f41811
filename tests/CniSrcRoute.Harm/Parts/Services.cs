namespace CniSrcRoute.Harm.Parts;

/// <summary>Services as kube-proxy and portmap translate them: a ClusterIP, a NodePort, a hostPort.</summary>
internal sealed class Services(Random random) : Part
{
    private readonly string _cluster = Endpoint(random), _port = Endpoint(random);
    private readonly bool _masquerades = random.Next(3) > 0, _isFirst = random.Next(2) == 0;

    public override void Build(Draft draft)
    {
        Add(draft, "ip", address => !address.Contains(':', StringComparison.Ordinal), "10.96.0.1", "10.244.0.0/16");
        Add(draft, "ip6", address => address.Contains(':', StringComparison.Ordinal), "fd00:96::1", "fd00:244::/32");
    }

    public override string ToString() => $"a ClusterIP of {_cluster}, a NodePort of {_port}{(_masquerades ? ", masqueraded" : "")}, a hostPort of p1";

    private static string Endpoint(Random random) => ((string[])["p1", "q1", "node2", "n0", "n1", "n2", "node"])[random.Next(7)];

    private void Add(Draft draft, string family, Func<string, bool> isOfFamily, string clusterIp, string pods)
    {
        List<string> rules = [];
        string own = string.Join(", ", draft.Node.Addresses.Where(isOfFamily).Distinct());
        if (own.Length == 0)
        {
            return;
        }

        if (AddressOf(draft, _cluster, isOfFamily) is { } endpoint)
        {
            rules.Add($"{family} daddr {clusterIp} {family} saddr != {pods} meta mark set meta mark or 0x4000");
            rules.AddRange(Translate(family, $"{family} daddr {clusterIp}", 80, endpoint));
            draft.Services.Add(new Service(clusterIp, 80, true));
        }

        string[] asked = [.. draft.Node.Addresses.Where(isOfFamily).Where(address => !address.StartsWith("10.244.", StringComparison.Ordinal)).Distinct()];
        if (AddressOf(draft, _port, isOfFamily) is { } server)
        {
            if (_masquerades)
            {
                rules.Add("fib daddr type local meta l4proto { tcp, udp } th dport 3080 meta mark set meta mark or 0x4000");
            }

            rules.AddRange(Translate(family, "fib daddr type local", 3080, server));
            draft.Services.AddRange(asked.Select(address => new Service(address, 3080, false)));
        }

        if (AddressOf(draft, "p1", isOfFamily) is { } pod)
        {
            rules.AddRange(Translate(family, "fib daddr type local", 8080, pod));
            draft.Services.AddRange(asked.Select(address => new Service(address, 8080, false)));
        }

        string table = $$"""
            table {{family}} services { chain all_of_them { {{string.Join("; ", rules)}}; }
                chain pre { type nat hook prerouting priority {{(_isFirst ? "dstnat - 5" : "dstnat")}}; jump all_of_them; }
                chain out { type nat hook output priority -100; jump all_of_them; }
                chain post { type nat hook postrouting priority srcnat; meta mark & 0x4000 == 0 return; meta mark set meta mark xor 0x4000; masquerade; }; }
            """;
        if (rules.Count > 0)
        {
            draft.Node.Nftables.Add(table);
        }
    }

    private static IEnumerable<string> Translate(string family, string match, int port, string endpoint) =>
        from protocol in (string[])["tcp", "udp"]
        let to = family == "ip" ? $"{endpoint}:{Server.Port}" : $"[{endpoint}]:{Server.Port}"
        select $"{match} {protocol} dport {port} dnat to {to}";

    private static string? AddressOf(Draft draft, string place, Func<string, bool> isOfFamily) => draft.Find(place)?.Addresses.Find(address => isOfFamily(address));
}
