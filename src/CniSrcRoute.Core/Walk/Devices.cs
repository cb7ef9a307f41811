namespace CniSrcRoute.Walk;

/// <summary>The devices and addresses of a node, as look-ups need them.</summary>
internal sealed class Devices
{
    /// <summary>LOOPBACK_IFINDEX of the kernel: the loopback device is the first of every network namespace.</summary>
    public const int Loopback = 1;

    private readonly Dictionary<int, Link> _byIndex = [];
    private readonly Dictionary<string, int> _byName = [];
    private readonly Dictionary<int, List<Address>> _addresses = [];
    private readonly HashSet<IpAddress> _held = [];
    private readonly HashSet<int> _vrfs = [];

    public Devices(NodeState state)
    {
        foreach (Link link in state.Links)
        {
            _byIndex[link.Index] = link;
            _byName[link.Name] = link.Index;
            if (link.Kind == "vrf")
            {
                _vrfs.Add(link.Index);
            }
        }

        foreach (Address address in state.Addresses)
        {
            if (!_addresses.TryGetValue(address.Link, out List<Address>? held))
            {
                _addresses.Add(address.Link, held = []);
            }

            held.Add(address);
            _held.Add(address.Local);
        }

        All = [.. _byIndex.Keys.Order()];
    }

    /// <summary>The indices of all devices, in the order in which the kernel goes through them.</summary>
    public IReadOnlyList<int> All { get; }

    /// <summary>The device of an index; null for none.</summary>
    public Link? Find(int index) => _byIndex.GetValueOrDefault(index);

    /// <summary>The index of a name; -1, which no device has, for none.</summary>
    public int Index(string name) => _byName.GetValueOrDefault(name, -1);

    /// <summary>The addresses of a device, in the kernel's order.</summary>
    public IReadOnlyList<Address> AddressesOf(int index) => _addresses.TryGetValue(index, out List<Address>? held) ? held : [];

    /// <summary>Whether any device has the address.</summary>
    public bool Have(IpAddress address) => _held.Contains(address);

    /// <summary>The VRF a device is, or is a port of (l3mdev_master_ifindex); 0 for none.</summary>
    public int VrfOf(int index) =>
        _vrfs.Count == 0 || Find(index) is not { } link ? 0
        : IsVrf(index) ? index
        : link.Master != 0 && IsVrf(link.Master) ? link.Master
        : 0;

    /// <summary>Whether a device is a VRF.</summary>
    public bool IsVrf(int index) => _vrfs.Contains(index);
}
