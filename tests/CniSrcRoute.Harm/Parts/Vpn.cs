namespace CniSrcRoute.Harm.Parts;

/// <summary>A VPN by a tun device; its server reaches the world.</summary>
internal sealed class Vpn(Random random) : Part
{
    private readonly int _style = random.Next(5);
    private readonly bool _hasAddress = random.Next(4) > 0;

    private string Words => _style switch
    {
        0 => "for its own networks",
        1 => "for both halves of the internet",
        2 => "for everything, by rules as wg-quick makes them",
        3 => "as the best default",
        _ => "with a host route",
    };

    public override void Build(Draft draft)
    {
        if (draft.Find("far") is null)
        {
            return;
        }

        Place server = draft.Add("vpn", Role.Neighbour).Forwarding();
        draft.Plug("wan", server, "wan", "203.0.113.99/24");
        draft.Tunnels.Add(new Tunnel("node", "tun0", "vpn", "tun0"));
        server.Ip("link set tun0 up");
        Draft.Address(server, "tun0", "10.99.0.2/24");
        Draft.Address(server, "lo", "10.99.1.1/32");
        server.Nftables.Add("table ip vpn { chain post { type nat hook postrouting priority srcnat; oifname wan masquerade; }; }");
        draft.Node.Ip("link set tun0 up");
        if (_hasAddress)
        {
            Draft.Address(draft.Node, "tun0", "10.99.0.1/24");
        }

        draft.Node.Ip(_style switch
        {
            0 => "route add 10.99.0.0/16 dev tun0",
            1 => "route add 0.0.0.0/1 dev tun0\nroute add 128.0.0.0/1 dev tun0",
            2 => """
                route add default dev tun0 table 51820
                rule add not fwmark 0xca6c lookup 51820
                rule add lookup main suppress_prefixlength 0
                """,
            3 => "route add default dev tun0 metric 50",
            _ => "route add 10.99.1.1 dev tun0",
        });
    }

    public override string ToString() => $"a VPN by tun0, {Words}{(_hasAddress ? "" : ", without an address")}";
}
