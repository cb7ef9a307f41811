namespace CniSrcRoute.Harm.Parts;

/// <summary>An address of the node beside those of its cards.</summary>
internal sealed class Virtual(int number, Random random) : Part
{
    private readonly int _style = random.Next(6), _lan = random.Next(3);

    private string Words => _style switch
    {
        0 => "a /32 on lo",
        1 => "a /32 on a device without a wire",
        2 => "a /32 on a macvlan",
        3 => "a /24 on a macvlan",
        4 => "a second one in the card's subnet",
        _ => "one of another subnet on the card",
    };

    public override void Build(Draft draft)
    {
        if (draft.Uplinks.GetValueOrDefault(_lan) is not { IsSubnet: true, Own4: { } own } uplink)
        {
            return;
        }

        string address = _style is 0 or 1 or 5 ? $"192.0.2.{number + 1}" : Lan.Ipv4(_lan, 230 + number);
        int index = draft.NextIndex();
        switch (_style)
        {
            case 0:
                Draft.Address(draft.Node, "lo", $"{address}/32");
                break;
            case 1:
                draft.Node.Ip($"link add virtual{number} index {index} type ifb\nlink set virtual{number} up");
                Draft.Address(draft.Node, $"virtual{number}", $"{address}/32");
                break;
            case 2 or 3:
                draft.Node.Ip($"link add vrrp{number} index {index} link {uplink.Card} address {draft.Hardware("node", $"vrrp{number}")} type macvlan mode bridge");
                Draft.Raise(draft.Node, $"vrrp{number}", index, $"{address}/{(_style == 2 ? 32 : 24)}");
                if (_style == 2)
                {
                    draft.Holders.Add($"vrrp{number}", uplink.Card);
                    if (uplink.Card.StartsWith("br", StringComparison.Ordinal))
                    {
                        // Where net.bridge.bridge-nf-call-iptables is 1 the kernel's connection tracking loses what a bridge hands to a macvlan on it.
                        draft.Facts.Add($"untracked vrrp{number}");
                    }
                }

                break;
            case 4:
                Draft.Address(draft.Node, uplink.Card, $"{address}/24");
                break;
            default:
                Draft.Address(draft.Node, uplink.Card, $"{address}/24");
                break;
        }

        if (_style is 0 or 1 or 5)
        {
            foreach (Place neighbour in draft.Places.Where(place => place.Name == $"n{_lan}" || place.Name == $"r{_lan}"))
            {
                neighbour.Ip($"route add {address} via {own}");
            }

            draft.Find("far")?.Ip(uplink.Via4 is null ? "" : $"route add {address} via 203.0.113.{2 * _lan + 1}");
        }
    }

    public override string ToString() => $"an address for lan{_lan}: {Words}";
}
