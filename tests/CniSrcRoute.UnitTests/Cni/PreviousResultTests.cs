using CniSrcRoute.Cni;
using Xunit;

namespace CniSrcRoute.UnitTests.Cni;

/// <summary>Which addresses of prevResult are the pod's.</summary>
public class PreviousResultTests
{
    private const string Devices = """  "interfaces":[{"name":"cni0","mac":"2a:0f:04:c4:d6:09"},{"name":"veth0"},{"name":"eth0","sandbox":"/var/run/netns/x"},{"name":"eth1","sandbox":"/var/run/netns/x"}]""";

    [Theory]
    [InlineData("""{"address":"10.244.94.2/24","interface":2}""", "10.244.94.2")]
    [InlineData("""{"version":"6","address":"fd44:0:0:2a::2/64","interface":2}""", "fd44:0:0:2a::2")]
    [InlineData("""{"address":"10.244.94.2/24"}""", "10.244.94.2")]
    [InlineData("""{"address":"10.244.94.2/24","interface":null}""", "10.244.94.2")]
    [InlineData("""{"address":"10.244.94.2/24","interface":99}""", "10.244.94.2")]
    [InlineData("""{"address":"10.244.94.2/24","interface":-1}""", "10.244.94.2")]
    [InlineData("""{"address":"10.244.94.2","interface":2}""", "10.244.94.2")]
    [InlineData("""{"address":"10.244.94.2/24","interface":0}""", "")]
    [InlineData("""{"address":"10.244.94.2/24","interface":1}""", "")]
    [InlineData("""{"address":"10.244.94.2/24","interface":3}""", "")]
    [InlineData("""{"address":"10.0.0.1/24","interface":3},{"gateway":"10.244.94.1","unknown":[{}],"address":"10.244.94.2/24","interface":2}""", "10.244.94.2")]
    public void An_address_is_the_pods_unless_it_stands_on_another_device(string ip, string expected)
    {
        Assert.Equal(expected, Addresses($$"""{"ips":[{{ip}}],{{Devices}} }"""));
        Assert.Equal(expected, Addresses($$"""{"cniVersion":"1.0.0",{{Devices}},"ips":[{{ip}}],"routes":[{"dst":"0.0.0.0/0"}],"dns":{} }"""));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"ips":null}""")]
    [InlineData("""{"ips":[]}""")]
    [InlineData("""{"interfaces":null,"ips":[]}""")]
    public void A_result_without_addresses_has_none(string result) => Assert.Equal("", Addresses(result));

    [Fact]
    public void Without_a_list_of_devices_every_address_is_the_pods() =>
        Assert.Equal("10.0.0.1", Addresses("""{"ips":[{"address":"10.0.0.1/24","interface":0}]}"""));

    [Theory]
    [InlineData("7", "prevResult")]
    [InlineData("[]", "prevResult")]
    [InlineData("""{"ips":{}}""", "prevResult.ips")]
    [InlineData("""{"ips":[7]}""", "prevResult.ips")]
    [InlineData("""{"ips":[{}]}""", "prevResult.ips")]
    [InlineData("""{"ips":[{"address":7}]}""", "prevResult.ips.address")]
    [InlineData("""{"ips":[{"address":null}]}""", "prevResult.ips.address")]
    [InlineData("""{"ips":[{"address":"pod"}]}""", "prevResult.ips.address")]
    [InlineData("""{"ips":[{"address":"10.0.0.1/33"}]}""", "prevResult.ips.address")]
    [InlineData("""{"ips":[{"address":"10.0.0.1/24","interface":"eth0"}]}""", "prevResult.ips.interface")]
    [InlineData("""{"ips":[{"address":"10.0.0.1/24","interface":1.5}]}""", "prevResult.ips.interface")]
    [InlineData("""{"interfaces":7,"ips":[]}""", "prevResult.interfaces")]
    public void A_result_of_another_shape_is_a_decoding_failure(string result, string key)
    {
        CniException error = Assert.Throws<CniException>(() => Addresses(result));
        Assert.Equal((6, $"could not parse {key}"), (error.Code, error.Message));
    }

    private static string Addresses(string result) => string.Join(
        ' ',
        Call.Request($$"""{"cniVersion":"1.0.0","name":"n","prevResult":{{result}} }""").PodAddresses);
}
