using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>Networks that lie in one another, as a map of ranges beside one another: a set of nftables finds a range, not the longest prefix.</summary>
internal static class AddressRanges
{
    /// <summary>The ranges.</summary>
    /// <param name="networks">Networks of one family, each once, with what their addresses lead to; none where that is nothing.</param>
    /// <param name="value">What an element of the map has for that; null where it has nothing.</param>
    /// <returns>The ranges in order, as few as there can be: of every address what the longest of its networks has.</returns>
    public static List<NftElement> Of(IEnumerable<(IpPrefix Network, IpAddress Value)> networks, Func<IpAddress, NftExpression?> value)
    {
        List<(IpPrefix Network, IpAddress Value)> sorted = [.. networks];
        sorted.Sort((one, other) => IpPrefix.Compare(one.Network, other.Network));
        List<(IpAddress From, IpAddress To, IpAddress Value)> ranges = [];
        Stack<(IpPrefix Network, IpAddress Value)> around = [];
        IpAddress? next = null;
        foreach ((IpPrefix network, IpAddress address) in sorted)
        {
            Leave(network.Address);
            if (around.Count > 0 && next is { } from && IpAddress.Compare(from, network.Address) < 0)
            {
                Take(from, Neighbours.Before(network.Address), around.Peek().Value);
            }

            around.Push((network, address));
            next = network.Address;
        }

        Leave(null);
        return ranges.ConvertAll(range => new NftElement(
            NftData.Address(range.From), NftData.Address(range.To), value(range.Value)));

        void Leave(IpAddress? address)
        {
            while (around.Count > 0 && (address is null || !around.Peek().Network.Contains(address.Value)))
            {
                (IpPrefix network, IpAddress leadsTo) = around.Pop();
                if (next is { } from && IpAddress.Compare(from, network.Last) <= 0)
                {
                    Take(from, network.Last, leadsTo);
                    next = Neighbours.Behind(network.Last);
                }
            }
        }

        void Take(IpAddress from, IpAddress to, IpAddress leadsTo)
        {
            if (leadsTo.IsSet && ranges.Count > 0 && ranges[^1].Value == leadsTo && Neighbours.Behind(ranges[^1].To) == from)
            {
                ranges[^1] = ranges[^1] with { To = to };
            }
            else if (leadsTo.IsSet)
            {
                ranges.Add((from, to, leadsTo));
            }
        }
    }

    /// <summary>The addresses beside an address.</summary>
    private static class Neighbours
    {
        public static IpAddress? Behind(IpAddress address) => address switch
        {
            { Family: Family.IPv4, Low: uint.MaxValue } or { High: ulong.MaxValue, Low: ulong.MaxValue } => null,
            _ => address with { Low = unchecked(address.Low + 1), High = address.Low == ulong.MaxValue ? address.High + 1 : address.High },
        };

        public static IpAddress Before(IpAddress address) =>
            address with { Low = unchecked(address.Low - 1), High = address.Low == 0 ? address.High - 1 : address.High };
    }
}
