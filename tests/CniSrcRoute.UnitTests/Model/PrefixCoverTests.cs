using CniSrcRoute.UnitTests.Nodes;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Model;

public class PrefixCoverTests
{
    // Few addresses, so that many networks lie in one another.
    private static readonly Gen<IpPrefix> Networks =
        from isIpv6 in Gen.Bool
        from number in Gen.Int[0, 15]
        from length in Gen.Int[0, 5]
        select new IpPrefix(Text.Address(isIpv6 ? $"{number:x}000::" : $"{number << 4}.0.0.0"), length);

    [Fact]
    public void It_covers_what_lies_in_one_of_its_networks_in_whatever_order_they_came() =>
        Gen.Select(Networks.List[0, 12], Networks.List[0, 4], Networks.List[1, 8]).Sample((networks, later, asked) =>
        {
            var cover = new PrefixCover([.. networks]);
            later.ForEach(cover.Add);
            List<IpPrefix> all = [.. networks, .. later];
            foreach (IpPrefix network in asked.Concat(all))
            {
                Assert.Equal(all.Exists(one => one.Contains(network)), cover.Covers(network));
            }
        });
}
