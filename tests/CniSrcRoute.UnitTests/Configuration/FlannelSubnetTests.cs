using CniSrcRoute.Configuration;
using Xunit;

namespace CniSrcRoute.UnitTests.Configuration;

public class FlannelSubnetTests
{
    [Theory]
    [InlineData("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.94.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n", "10.244.0.0/16")]
    [InlineData("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.94.1/24\nFLANNEL_IPV6_NETWORK=fd44::/56\nFLANNEL_IPV6_SUBNET=fd44:0:0:2a::1/64\nFLANNEL_MTU=1450\n", "10.244.0.0/16 fd44::/56")]
    [InlineData("FLANNEL_NETWORK=10.244.0.0/16,10.245.0.0/16\n", "10.244.0.0/16 10.245.0.0/16")]
    [InlineData(" FLANNEL_NETWORK = 10.244.0.0/16 , fd44::/56 \r\n", "10.244.0.0/16 fd44::/56")]
    [InlineData("FLANNEL_NETWORK=10.244.3.4/16", "10.244.0.0/16")]
    public void The_networks_of_all_nodes_pods_are_read(string text, string networks) =>
        Assert.Equal(networks, string.Join(' ', FlannelSubnet.ParseNetworks(text)));

    [Theory]
    [InlineData("")]
    [InlineData("FLANNEL_SUBNET=10.244.94.1/24")]
    [InlineData("FLANNEL_NETWORK=")]
    [InlineData("FLANNEL_NETWORK")]
    [InlineData("FLANNEL_NETWORK=pods")]
    [InlineData("FLANNEL_NETWORK=0.0.0.0/0")]
    [InlineData("FLANNEL_IPV6_NETWORK=::/0")]
    [InlineData("#FLANNEL_NETWORK=10.244.0.0/16")]
    [InlineData("MY_FLANNEL_NETWORK=10.244.0.0/16")]
    public void What_is_no_network_is_passed_over(string text) => Assert.Empty(FlannelSubnet.ParseNetworks(text));
}
