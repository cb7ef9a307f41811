namespace CniSrcRoute.Harm.Parts;

/// <summary>A network behind a LAN's router, to which main has a route.</summary>
internal sealed class BackNetwork(int number, Random random) : Part
{
    private readonly int _lan = random.Next(3), _other = random.Next(3);
    private readonly int _style = random.Next(4);

    public override void Build(Draft draft)
    {
        if (draft.Uplinks.GetValueOrDefault(_lan) is not { Via4: { } via } || draft.Find($"r{_lan}") is not { } router)
        {
            return;
        }

        Place host = draft.Add($"b{number}", Role.Neighbour);
        draft.Plug($"back{number}", router, $"back{number}", $"10.55.{number}.1/24");
        draft.Plug($"back{number}", host, "eth0", $"10.55.{number}.2/24");
        host.Ip($"route add default via 10.55.{number}.1");
        string? source = draft.Uplinks.GetValueOrDefault(_other)?.Own4;
        draft.Node.Ip(_style switch
        {
            0 => "",
            1 when source is not null => $"route add 10.55.{number}.0/24 via {via} src {source}",
            2 => $"nexthop add id {10 + number} via {via}\nroute add 10.55.{number}.0/24 nhid {10 + number}",
            _ => $"route add 10.55.{number}.0/24 via {via}",
        });
        draft.Find("far")?.Ip($"route add 10.55.{number}.0/24 via 203.0.113.{2 * _lan + 1}");
    }

    public override string ToString() =>
        $"a network behind the router of lan{_lan}{_style switch { 0 => ", by no route", 1 => $", by a route with src of lan{_other}", 2 => ", by a nexthop object", _ => "" }}";
}
