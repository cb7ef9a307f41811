using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>Networks in one another, as ranges beside one another.</summary>
public class AddressRangesTests
{
    // Few bits, so that they often meet.
    private static readonly Gen<(IpPrefix Network, IpAddress Value)[]> GenNetworks =
        (from byte0 in Gen.OneOf<uint>(0, 1, 2, 254, 255)
         from byte1 in Gen.OneOf<uint>(0, 1, 255)
         from length in Gen.Int[0, 32]
         from value in Gen.UInt[0, 3]
         select (new IpPrefix(new IpAddress(Family.IPv4, 0, (byte0 << 24) | (byte1 << 8) | byte1), length),
             value == 0 ? default : new IpAddress(Family.IPv4, 0, value))).Array[0, 12];

    [Fact]
    public void Every_address_has_what_its_longest_network_has() => GenNetworks.Sample(
        networks =>
        {
            (IpPrefix Network, IpAddress Value)[] distinct = [.. networks.DistinctBy(entry => entry.Network)];
            List<NftElement> ranges = AddressRanges.Of(distinct, Immediate);
            uint[] edges = [.. distinct.SelectMany(entry => (uint[])[(uint)entry.Network.Address.Low, (uint)entry.Network.Last.Low]), 0, uint.MaxValue];
            foreach (uint address in edges.SelectMany(edge => (uint[])[edge - 1, edge, edge + 1]))
            {
                var client = new IpAddress(Family.IPv4, 0, address);
                IpAddress expected = distinct.Where(entry => entry.Network.Contains(client)).OrderBy(entry => entry.Network.Length).LastOrDefault().Value;
                NftElement[] found = [.. ranges.Where(range => IsIn(range, client))];
                Assert.Equal(expected.IsSet ? [expected] : [], found.Select(range => IpAddress.FromBytes(((NftExpression.Immediate)range.Value!).Data.Span)));
            }
        },
        iter: 20_000);

    [Fact]
    public void All_of_IPv6_is_one_range() =>
        Assert.Equal(
            [new NftElement(IpPrefix.Any(Family.IPv6), new NftExpression.Immediate(NftData.Address(Text.Address("fd00::1"))))],
            AddressRanges.Of([(IpPrefix.Any(Family.IPv6), Text.Address("fd00::1")), (Text.Prefix("ff00::/8"), Text.Address("fd00::1"))], Immediate));

    private static NftExpression.Immediate Immediate(IpAddress address) => new(NftData.Address(address));

    private static bool IsIn(NftElement range, IpAddress address)
    {
        OpaqueBytes key = NftData.Address(address);
        return range.From.Span.SequenceCompareTo(key.Span) <= 0 && range.To.Span.SequenceCompareTo(key.Span) >= 0;
    }
}
