namespace CniSrcRoute.Walk;

/// <summary>
/// The source that the kernel gives an IPv6 packet that has none: RFC 6724 as ipv6_dev_get_saddr of net/ipv6/addrconf.c has it. Temporary addresses are not
/// liked better than others, as it is unless use_tempaddr is 2, and the table of labels is the kernel's own.
/// </summary>
internal sealed class Ipv6Source(Devices devices)
{
    private const int LinkLocal = 2;
    private const int SiteLocal = 5;
    private const int Global = 14;

    private static readonly (IpPrefix Prefix, int Label)[] Labels =
    [
        (Prefix("::1"), 0), (Prefix("::ffff:0:0/96"), 4), (Prefix("::/96"), 3), (Prefix("2001::/32"), 6), (Prefix("2001:10::/28"), 7), (Prefix("2002::/16"), 2),
        (Prefix("3ffe::/16"), 12), (Prefix("fec0::/10"), 11), (Prefix("fc00::/7"), 5), (Prefix("::/0"), 1),
    ];

    private static readonly IpPrefix Orchid = Prefix("2001:10::/28");

    /// <summary>The source of a packet that takes a way out of a route.</summary>
    public IpAddress Of(Route route, int device, IpAddress destination)
    {
        if (route.PrefSrc.IsSet)
        {
            return route.PrefSrc;
        }

        int scope = Scope(destination);
        if (IsMulticast(destination) || scope <= LinkLocal)
        {
            return Best([device], device, destination);
        }

        int vrf = devices.VrfOf(device);
        IpAddress own = vrf == 0 || device == vrf ? default : Best([device, vrf], device, destination);
        return own.IsSet && Scope(own) >= scope ? own : Best(devices.All.Where(other => devices.VrfOf(other) == vrf), device, destination);
    }

    private IpAddress Best(IEnumerable<int> among, int device, IpAddress destination)
    {
        (IpAddress best, int[] most) = (default, []);
        foreach (int held in among)
        {
            foreach (Address address in devices.AddressesOf(held))
            {
                bool isReady = (address.Flags & Address.FlagTentative) == 0 || (address.Flags & Address.FlagOptimistic) != 0;
                if (address.Local.Family == Family.IPv6 && isReady && Score(address, held, device, destination) is var score &&
                    (!best.IsSet || score.AsSpan().SequenceCompareTo(most) > 0))
                {
                    (best, most) = (address.Local, score);
                }
            }
        }

        return best;
    }

    /// <summary>The rules, in order: what differs first decides, and the more is the better.</summary>
    private static int[] Score(Address address, int held, int device, IpAddress destination)
    {
        IpAddress source = address.Local;
        int scope = Scope(source);
        return
        [
            source == destination ? 1 : 0,
            scope >= Scope(destination) ? -scope : scope - 128,
            IsLoopback(source) || (address.Flags & (Address.FlagDeprecated | Address.FlagOptimistic)) == 0 ? 1 : 0,
            held == device ? 1 : 0,
            Label(source) == Label(destination) ? 1 : 0,
            (address.Flags & Address.FlagSecondary) == 0 ? 1 : 0,
            Orchid.Contains(source) == Orchid.Contains(destination) ? 1 : 0,
            Math.Min(CommonBits(source, destination), address.Subnet.Length),
        ];
    }

    private static int CommonBits(IpAddress one, IpAddress other) =>
        one.High != other.High ? System.Numerics.BitOperations.LeadingZeroCount(one.High ^ other.High)
        : 64 + System.Numerics.BitOperations.LeadingZeroCount(one.Low ^ other.Low);

    private static int Label(IpAddress address) => Array.Find(Labels, entry => entry.Prefix.Contains(address)).Label;

    private static int Scope(IpAddress address) =>
        IsMulticast(address) ? (int)(address.High >> 48) & 0xf
        : address.IsLinkLocal || IsLoopback(address) ? LinkLocal
        : address.High >> 54 == 0xfec0 >> 6 ? SiteLocal
        : Global;

    private static bool IsMulticast(IpAddress address) => address.High >> 56 == 0xff;

    private static bool IsLoopback(IpAddress address) => address is { High: 0, Low: 1 };

    private static IpPrefix Prefix(string text) => IpPrefix.TryParse(text, out IpPrefix prefix) ? prefix : throw new FormatException(text);
}
