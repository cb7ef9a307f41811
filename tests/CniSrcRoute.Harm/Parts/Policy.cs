namespace CniSrcRoute.Harm.Parts;

/// <summary>A rule of somebody else's, and the table it leads to.</summary>
internal sealed class Policy(int number, Random random) : Part
{
    private static readonly string[] Priorities = ["", "", " priority 100", " priority 5000", " priority 30000", " priority 31000", " priority 32765"];

    private readonly int _style = random.Next(9), _lan = random.Next(3);
    private readonly string _priority = Priorities[random.Next(Priorities.Length)];

    private int Table => 500 + number;

    private string Words => _style switch
    {
        0 => "to 203.0.113.0/24",
        1 => "uidrange 0-0",
        2 => $"fwmark 0x{number + 1}00/0xf00",
        3 => "ipproto udp dport 7000",
        4 => "ipproto tcp dport 7000",
        5 => "from 10.244.1.5",
        6 => "iif cni0",
        7 => "suppress_prefixlength 0",
        _ => "local at 32765",
    };

    public override void Build(Draft draft)
    {
        if (_style == 8)
        {
            draft.Node.Ip("""
                rule add lookup local priority 32765
                rule del priority 0
                """);
            draft.Node.Ip6("rule add lookup local priority 32765\nrule del priority 0");
            return;
        }

        if (_style == 7)
        {
            draft.Node.Ip($"rule add lookup main suppress_prefixlength 0{_priority}");
            draft.Node.Ip6($"rule add lookup main suppress_prefixlength 0{_priority}");
            return;
        }

        if (draft.Uplinks.GetValueOrDefault(_lan)?.Via4 is not { } via)
        {
            return;
        }

        draft.Node.Ip($"route add default via {via} table {Table}\nrule add {Words} lookup {Table}{_priority}");
        if (_style == 2)
        {
            draft.Node.Nftables.Add($"table inet policy{number} {{ chain out {{ type route hook output priority mangle; udp dport 7000 ip daddr 203.0.113.0/24 meta mark set meta mark or 0x{number + 1}00; }}; }}");
        }
    }

    public override string ToString() => $"somebody's rule: {Words}{_priority}{(_style < 7 ? $" to the router of lan{_lan}" : "")}";
}
