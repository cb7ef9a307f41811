using System.Globalization;

namespace CniSrcRoute.UnitTests.Nodes;

/// <summary>Reads the kernel's nouns from the words of ip(8), so that a test says what an administrator would type.</summary>
internal static class Text
{
    public static IpAddress Address(string text) => IpAddress.TryParse(text, out IpAddress address) ? address : throw new FormatException(text);

    public static IpPrefix Prefix(string text) => IpPrefix.TryParse(text, out IpPrefix prefix) ? prefix : throw new FormatException(text);

    /// <summary>A route, for example "blackhole 10.6.0.0/16 metric 5" or "10.9.0.0/16 nexthop via 10.0.0.1 dev eth1 weight 2 nexthop dev eth0".</summary>
    public static Route Route(string text, Func<string, int> card)
    {
        var words = new Queue<string>(text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        RouteType type = RouteType.Unicast;
        if (Enum.TryParse(words.Peek(), ignoreCase: true, out RouteType named) && !char.IsAsciiDigit(words.Peek()[0]))
        {
            type = named;
            words.Dequeue();
        }

        string destination = words.Dequeue();
        Family family = text.Contains(':', StringComparison.Ordinal) && !text.Contains("inet6", StringComparison.Ordinal) ? Family.IPv6 : Family.IPv4;
        var route = new Route { Destination = destination == "default" ? IpPrefix.Any(family) : Prefix(destination), Type = type, Protocol = 3 };
        route = route with { Metric = route.Family == Family.IPv6 ? 1024 : 0u };
        List<Nexthop> hops = [];
        bool scoped = false;
        while (words.TryDequeue(out string? word))
        {
            switch (word)
            {
                case "nexthop":
                    hops.Add(new Nexthop());
                    break;
                case "via":
                    Hop(hop => hop with { Gateway = Address(words.Peek() == "inet6" ? words.Dequeue() is var _ ? words.Dequeue() : "" : words.Dequeue()) });
                    break;
                case "dev":
                    Hop(hop => hop with { Oif = card(words.Dequeue()) });
                    break;
                case "weight":
                    Hop(hop => hop with { Weight = (int)Number() });
                    break;
                case "onlink":
                    Hop(hop => hop with { Flags = Nexthop.OnLink });
                    break;
                case "metric":
                    route = route with { Metric = Number() };
                    break;
                case "tos":
                    route = route with { Tos = (byte)Number() };
                    break;
                case "nhid":
                    route = route with { NexthopId = Number() };
                    break;
                case "src":
                    route = route with { PrefSrc = Address(words.Dequeue()) };
                    break;
                case "from":
                    route = route with { Source = Prefix(words.Dequeue()) };
                    break;
                case "mtu":
                    route = route with { Metrics = RouteMetrics.OfMtu(Number()) };
                    break;
                case "proto":
                    route = route with
                    {
                        Protocol = words.Dequeue() switch
                        {
                            "kernel" => 2,
                            "boot" => 3,
                            "static" => 4,
                            "srcroute" => 206,
                            var number => byte.Parse(number, CultureInfo.InvariantCulture),
                        },
                    };
                    break;
                case "scope":
                    scoped = true;
                    route = route with { Scope = words.Dequeue() switch { "link" => 253, "host" => 254, _ => 0 } };
                    break;
                default:
                    throw new FormatException($"{word} in {text}");
            }
        }

        // ip(8): a direct IPv4 route has the scope link.
        bool direct = type == RouteType.Unicast && route.Family == Family.IPv4 && route.NexthopId == 0 && hops.TrueForAll(hop => !hop.Gateway.IsSet);
        return route with { Nexthops = hops, Scope = scoped ? route.Scope : direct ? (byte)253 : (byte)0 };

        uint Number() => uint.Parse(words.Dequeue(), CultureInfo.InvariantCulture);

        void Hop(Func<Nexthop, Nexthop> change)
        {
            if (hops.Count == 0)
            {
                hops.Add(new Nexthop());
            }

            hops[^1] = change(hops[^1]);
        }
    }
}
