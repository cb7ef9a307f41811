namespace CniSrcRoute.Harm;

/// <summary>A network namespace of a scene, and how it is set up.</summary>
/// <param name="name">Its name below /run/netns.</param>
/// <param name="role">What it is to the node.</param>
internal sealed class Place(string name, Role role)
{
    public string Name { get; } = name;

    public Role Role { get; } = role;

    /// <summary>Lines for `ip -n NAME -batch -`, in order.</summary>
    public List<string> Commands { get; } = [];

    /// <summary>Values below /proc/sys/net that are set before the commands run.</summary>
    public Dictionary<string, string> Early { get; } = new()
    {
        ["ipv4/ping_group_range"] = "0 2147483647",
        ["ipv4/conf/all/rp_filter"] = "0",
        ["ipv4/conf/default/rp_filter"] = "0",
        ["ipv4/conf/all/send_redirects"] = "0",
        ["ipv4/conf/default/send_redirects"] = "0",
        ["ipv4/conf/all/accept_redirects"] = "0",
        ["ipv4/conf/default/accept_redirects"] = "0",
        ["ipv6/conf/all/accept_redirects"] = "0",
        ["ipv6/conf/default/accept_redirects"] = "0",
        ["ipv6/conf/all/accept_dad"] = "0",
        ["ipv6/conf/default/accept_dad"] = "0",
        ["ipv6/conf/default/accept_ra"] = "0",
        ["ipv6/conf/default/addr_gen_mode"] = "1",
    };

    /// <summary>Values below /proc/sys/net that are set after the commands have run: those of cards.</summary>
    public Dictionary<string, string> Late { get; } = [];

    /// <summary>nftables rules, for `nft -f -`.</summary>
    public List<string> Nftables { get; } = [];

    /// <summary>Lines for `ip -6 -n NAME -batch -`: what does not tell its family by an address.</summary>
    public List<string> Commands6 { get; } = [];

    /// <summary>Lines for `bridge -n NAME -batch -`.</summary>
    public List<string> Tunnels { get; } = [];

    /// <summary>Addresses it can be asked at and may ask from.</summary>
    public List<string> Addresses { get; } = [];

    /// <summary>The cards that have its addresses.</summary>
    public Dictionary<string, string> CardOf { get; } = [];

    /// <summary>Whether it asks others, and is asked.</summary>
    public bool Talks { get; set; } = true;

    /// <summary>Lets it forward.</summary>
    public Place Forwarding()
    {
        Early["ipv4/ip_forward"] = "1";
        Early["ipv6/conf/all/forwarding"] = "1";
        return this;
    }

    /// <summary>Adds `ip -6` commands, each a line.</summary>
    public void Ip6(string lines) => Commands6.AddRange(lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>Adds ip commands, each a line.</summary>
    public void Ip(string lines) => Commands.AddRange(lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
