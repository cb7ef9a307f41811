using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Model;

public class RouteMetricsTests
{
    // ip route add default via 192.168.1.1 mtu 1400 advmss 1360: the payload of RTA_METRICS, little-endian.
    private static readonly byte[] MtuAndAdvmss = Convert.FromHexString("08000200780500000800080050050000");

    [Fact]
    public void An_mtu_is_one_attribute_as_the_kernel_writes_it() => Assert.Equal(new OpaqueBytes(MtuAndAdvmss[..8]), RouteMetrics.OfMtu(1400));

    [Fact]
    public void No_mtu_is_no_attribute() => Assert.True(RouteMetrics.OfMtu(0).IsEmpty);

    [Fact]
    public void Metrics_are_named_as_ip_names_them() => Assert.Equal("mtu 1400 advmss 1360", RouteMetrics.Format(new OpaqueBytes(MtuAndAdvmss)));

    // ip route add 10.2.0.0/16 via 192.168.1.1 mtu lock 1300 congctl reno
    [Fact]
    public void The_congestion_control_is_text() => Assert.Equal(
        "mtu lock 1300 congctl reno",
        RouteMetrics.Format(new OpaqueBytes(Convert.FromHexString("080001000400000008000200140500000900100072656E6F00000000"))));

    // ip route add 10.2.0.0/16 via 192.168.1.1 rto_min 200 features ecn
    [Fact]
    public void What_ip_has_words_of_its_own_for_is_named_by_them() => Assert.Equal(
        "features ecn rto_min 200",
        RouteMetrics.Format(new OpaqueBytes(Convert.FromHexString("08000100002000000800 0C00010000000800 0D00C8000000".Replace(" ", "", StringComparison.Ordinal)))));

    [Fact]
    public void A_metric_of_a_later_kernel_has_its_number() => Assert.Equal("metric99 1", RouteMetrics.Format(new OpaqueBytes([8, 0, 99, 0, 1, 0, 0, 0])));

    [Fact]
    public void Any_bytes_are_told_without_a_fault() =>
        Gen.Byte.Array[0, 40].Sample(bytes => Assert.NotNull(RouteMetrics.Format(new OpaqueBytes(bytes))), iter: 10_000);
}
