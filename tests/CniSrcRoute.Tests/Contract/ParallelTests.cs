using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>Many pods at once, with a device and a route of main each, as ptp makes them.</summary>
public sealed class ParallelTests
{
    // Every pod is a process of its own: device, route, ADD, and for half of them DEL, device gone. Who fails leaves a line.
    private const string Pod = """
        i=$1 address=10.254.100.$1
        ip link add veth$i type veth peer name pod$i netns lan
        ip link set veth$i up
        ip route add $address dev veth$i scope host
        sed s,ADDRESS,$address, /run/input >/run/input$i
        export CNI_CONTAINERID=pod$i CNI_NETNS=/run/netns/lan CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin CNI_ARGS=
        CNI_COMMAND=ADD $SRCROUTE </run/input$i >/run/output$i
        grep -qF "$address" /run/output$i
        if [ $((i % 2)) = 1 ]; then
            CNI_COMMAND=DEL $SRCROUTE </run/input$i >/run/output$i
            test ! -s /run/output$i
            ip route del $address dev veth$i
            ip link del veth$i
            CNI_COMMAND=DEL CNI_NETNS= $SRCROUTE </run/input$i >/run/output$i
            test ! -s /run/output$i
        fi
        """;

    private const string Script = """
        for i in $(seq $PODS); do
            sh -eux /run/pod $i 2>/run/error$i &
            pids[i]=$!
        done
        for i in $(seq $PODS); do
            wait ${pids[i]} || { echo "pod $i: status $?"; cat /run/error$i /run/output$i; }
        done
        """;

    [KernelFact]
    public void Two_hundred_calls_at_once_leave_the_tables_as_main_says_and_none_fails()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Write("/run/input", Calls.Input(Calls.Result("ADDRESS/32")));

        node.Write("/run/pod", Pod);

        var environment = new Dictionary<string, string> { ["SRCROUTE"] = Requirements.Binary, ["PODS"] = "140" };
        string failures = node.Start(["bash", "-uc", Script], environment: environment).Finish().Succeeded().Output;
        Assert.True(failures.Length == 0, failures);
        Assert.Equal(70, node.Table("main").Split('\n').Count(line => line.Contains(" dev veth", StringComparison.Ordinal)));
        node.AssertTablesEqualMain();
    }
}
