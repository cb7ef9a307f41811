namespace CniSrcRoute.Harm.Parts;

/// <summary>Something that happens while the node is watched.</summary>
internal sealed class Event(int number, Random random) : Part
{
    private readonly int _style = random.Next(9), _lan = random.Next(3);

    private string Words => _style switch
    {
        0 => "the cable is unplugged and plugged in again",
        1 => "the card is set down and up again, and its default comes back",
        2 => "a second address comes",
        3 => "the address goes",
        4 => "its router becomes the best default",
        5 => "a rule without a priority comes",
        6 => "a network is made unreachable",
        7 => "a route to another node's pods comes",
        _ => "a default by DHCP takes the place of another",
    };

    public override void Build(Draft draft)
    {
        if (draft.Uplinks.GetValueOrDefault(_lan) is not { Own4: { } own } uplink)
        {
            return;
        }

        string node = "node", card = uplink.Card, what = $"{number}. lan{_lan}: {Words}", wire = $"lan{_lan}-node";
        string commands = (_style, uplink.Via4) switch
        {
            (0, _) => $"link set {wire} down\nlink set {wire} up",
            (1, { } via) => $"link set {card} down\nlink set {card} up\nroute replace default via {via} metric {70 + number}",
            (2, _) when uplink.IsSubnet => $"address add {Lan.Ipv4(_lan, 20 + number)}/24 dev {card}",
            (3, _) => $"address flush to {own} dev {card}",
            (4, { } via) => $"route replace default via {via} metric {40 + number}",
            (5, { } via) => $"route replace default via {via} table {600 + number}\nrule add to 203.0.113.0/24 lookup {600 + number}",
            (6, _) => $"route replace unreachable 10.66.{number}.0/24",
            (7, { } via) => $"route replace 10.244.{30 + number}.0/24 via {via} proto bird",
            (8, { } via) => $"route replace default via {via} proto dhcp src {own} metric {50 + number}",
            _ => "",
        };
        if (commands.Length > 0)
        {
            draft.Changes.Add(new Change(what, _style == 0 ? "lan" : node, commands));
        }
    }

    public override string ToString() => $"{number}. lan{_lan}: {Words}";
}
