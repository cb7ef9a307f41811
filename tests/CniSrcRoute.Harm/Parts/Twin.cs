namespace CniSrcRoute.Harm.Parts;

/// <summary>A second card in one of the LANs.</summary>
internal sealed class Twin(Random random) : Part
{
    private readonly int _lan = random.Next(2);
    private readonly bool _hasDefault = random.Next(2) == 0;

    public override void Build(Draft draft)
    {
        if (draft.Uplinks.GetValueOrDefault(_lan) is not { IsSubnet: true, Own4: not null } uplink)
        {
            return;
        }

        int index = draft.NextIndex();
        draft.Lan.Ip($"link add twin index {draft.NextIndex()} up master {Lan.Name(_lan)} type veth peer name eth8 index {index} address {draft.Hardware("node", "eth8")} netns node");
        Draft.Raise(draft.Node, "eth8", index, $"{Lan.Ipv4(_lan, 11)}/24");
        draft.Cards.Add("eth8");

        // Else both cards answer who asks for either address, and the quicker one is another each time.
        foreach (string card in (string[])["eth8", uplink.Card])
        {
            draft.Node.Late[$"ipv4/conf/{card}/arp_ignore"] = "1";
            draft.Node.Late[$"ipv4/conf/{card}/arp_announce"] = "2";
        }

        if (_hasDefault && uplink.Via4 is not null)
        {
            draft.Facts.Add("default by eth8, IPv4");
            draft.Node.Ip($"route add default via {Lan.Ipv4(_lan, 1)} dev eth8 metric 800");
        }
    }

    public override string ToString() => $"a second card in lan{_lan}{(_hasDefault ? ", with a default" : "")}";
}
