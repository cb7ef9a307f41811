using System.Globalization;
using System.Text.Json.Nodes;

namespace CniSrcRoute.Harm;

/// <summary>A scene while its parts are put together: all namespaces and what is in them, as commands.</summary>
internal sealed class Draft
{
    private readonly Dictionary<string, Place> _places = [];
    private readonly Dictionary<ulong, string> _owners = [];
    private int _index = 20;

    public Draft()
    {
        Lan = Add("lan", Role.Router);
        Lan.Talks = false;
        Node = Add("node", Role.Node).Forwarding();
    }

    /// <summary>All namespaces in the order in which they are set up.</summary>
    public IEnumerable<Place> Places => _places.Values;

    /// <summary>The wires: a bridge a LAN.</summary>
    public Place Lan { get; }

    /// <summary>The node.</summary>
    public Place Node { get; }

    /// <summary>The node's cards that lead to the world and are to be a source's card.</summary>
    public HashSet<string> Cards { get; } = [];

    /// <summary>Devices that hold a single address, with the card by which it is answered for.</summary>
    public Dictionary<string, string> Holders { get; } = [];

    /// <summary>Addresses of services, which the node translates.</summary>
    public List<Service> Services { get; } = [];

    /// <summary>What happens to the node while it is watched.</summary>
    public List<Change> Changes { get; } = [];

    /// <summary>Pods that a runtime adds while the program is there.</summary>
    public List<Attachment> Attachments { get; } = [];

    /// <summary>The cards of the node that lead to pods and containers, where an administrator would name them.</summary>
    public List<string> PodCards { get; } = [];

    /// <summary>The bridge of the node's pods; null where each has a route of its own, or there are none.</summary>
    public string? PodBridge { get; set; }

    /// <summary>The program's configuration; null for none.</summary>
    public JsonObject? Configuration { get; set; }

    /// <summary>Configurations that are to be refused.</summary>
    public List<string> Mistakes { get; } = [];

    /// <summary>Files of the node by path.</summary>
    public Dictionary<string, string> Files { get; } = [];

    /// <summary>Tunnels that a process of the node's keeps: the tun device here, the place of its other end and the device there.</summary>
    public List<Tunnel> Tunnels { get; } = [];

    /// <summary>The node's cards and LANs by number.</summary>
    public Dictionary<int, Uplink> Uplinks { get; } = [];

    /// <summary>Advertisements of IPv6 routers, sent when all else stands.</summary>
    public List<Advertisement> Advertisements { get; } = [];

    /// <summary>Things that parts say to each other: a part is left out where what it stands on is.</summary>
    public HashSet<string> Facts { get; } = [];

    /// <summary>A namespace that is there already; null where the part that makes it is left out.</summary>
    public Place? Find(string name) => _places.GetValueOrDefault(name);

    /// <summary>Makes a namespace.</summary>
    public Place Add(string name, Role role)
    {
        Place place = new(name, role);
        place.Ip("link set lo up");
        _places.Add(name, place);
        return place;
    }

    /// <summary>A number for a link. Where both ends of a cable have different numbers the kernel takes its carrier at once, not up to a second later.</summary>
    public int NextIndex() => ++_index;

    /// <summary>A LAN, made where it is not there yet.</summary>
    public void Wire(string lan)
    {
        if (Facts.Add($"wire {lan}"))
        {
            Lan.Ip($"link add {lan} index {NextIndex()} up type bridge mcast_snooping 0");
        }
    }

    /// <summary>Plugs a card into a LAN, and gives it addresses.</summary>
    public void Plug(string lan, Place place, string card, params string[] addresses)
    {
        Wire(lan);
        Facts.Add($"{place.Name} in {lan}");
        int index = NextIndex();
        Lan.Ip($"link add {lan}-{place.Name} index {NextIndex()} up master {lan} type veth peer name {card} index {index} address {Hardware(place.Name, card)} netns {place.Name}");
        Raise(place, card, index, addresses);
    }

    /// <summary>Joins two namespaces by a veth. The first end gets no address.</summary>
    public void Join(Place a, string cardA, Place b, string cardB, params string[] addressesB)
    {
        int index = NextIndex();
        a.Ip($"link add {cardA} index {NextIndex()} up address {Hardware(a.Name, cardA)} type veth peer name {cardB} index {index} address {Hardware(b.Name, cardB)} netns {b.Name}");
        Raise(b, cardB, index, addressesB);
    }

    /// <summary>Sets a card up and gives it addresses, which are asked and used from then on.</summary>
    public static void Raise(Place place, string card, int number, params string[] addresses)
    {
        place.Ip($"""
            link set {card} up
            address add fe80::{number.ToString("x", CultureInfo.InvariantCulture)}/64 dev {card} nodad
            """);
        Address(place, card, addresses);
    }

    /// <summary>Gives a card addresses, which are asked and used from then on.</summary>
    public static void Address(Place place, string card, params string[] addresses)
    {
        foreach (string address in addresses)
        {
            string[] words = address.Split(' ', 2);
            bool ipv6 = address.Contains(':', StringComparison.Ordinal);
            place.Ip($"address add {words[0]} dev {card}{(ipv6 ? " nodad" : "")}{(words.Length > 1 ? $" {words[1]}" : "")}");
            place.Addresses.Add(words[0].Split('/')[0]);
            place.CardOf[words[0].Split('/')[0]] = card;
        }
    }

    /// <summary>A card's hardware address: the same in every build of the scene.</summary>
    public string Hardware(string place, string card)
    {
        uint hash = 2166136261;
        foreach (char c in $"{place}/{card}")
        {
            hash = (hash ^ c) * 16777619;
        }

        _owners[0x0200_0000_0000UL | hash] = place;
        return string.Create(CultureInfo.InvariantCulture, $"02:00:{hash >> 24:x2}:{hash >> 16 & 255:x2}:{hash >> 8 & 255:x2}:{hash & 255:x2}");
    }

    /// <summary>Whose card has a hardware address.</summary>
    public string Owner(ulong hardware) => _owners.GetValueOrDefault(hardware, $"{hardware:x12}");
}
