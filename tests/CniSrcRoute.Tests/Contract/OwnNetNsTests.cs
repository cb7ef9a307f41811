using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>
/// The check that CNI_NETNS is not the node's own network namespace. It comes before acting: upstream's comes behind, and prints a second document.
/// </summary>
public sealed class OwnNetNsTests
{
    [KernelTheory]
    [InlineData("/proc/self/ns/net")]
    [InlineData("/proc/1/ns/net")]
    [InlineData("/run/netns/own")]
    [InlineData("/run/link")]
    public void The_nodes_own_network_namespace_is_refused_and_nothing_is_done(string path)
    {
        using Node node = Prepared();
        string before = node.Snapshot();

        foreach (string verb in (string[])["ADD", "DEL"])
        {
            Refusal refusal = node.Call(verb, Calls.Input(Calls.Result()), $"CNI_NETNS={path}").AssertRefused(8);
            Assert.Equal("plugin's netns and netns from CNI_NETNS should not be the same", refusal.Message);
        }

        Assert.Equal(before, node.Snapshot());
    }

    [KernelFact]
    public void The_version_is_checked_before_it()
    {
        using Node node = new();
        node.Call("ADD", Calls.Input(null, "9.0.0"), "CNI_NETNS=/proc/self/ns/net").AssertRefused(1);
        node.Call("FOO", Calls.Input(null), "CNI_NETNS=/proc/self/ns/net").AssertRefused(4);
    }

    [KernelFact]
    public void It_can_be_overridden_and_other_verbs_do_not_have_it()
    {
        using Node node = Prepared();
        string input = Calls.Input(Calls.Result(version: "1.1.0"), "1.1.0");

        foreach (string yes in (string[])["1", "true", "TRUE", "True"])
        {
            node.Call("ADD", input, "CNI_NETNS=/proc/self/ns/net", $"CNI_NETNS_OVERRIDE={yes}").AssertResult(Calls.Result(version: "1.1.0"));
            node.Call("DEL", input, "CNI_NETNS=/proc/self/ns/net", $"CNI_NETNS_OVERRIDE={yes}").AssertSilent();
        }

        foreach (string no in (string[])["", "0", "yes", "2", " 1"])
        {
            node.Call("ADD", input, "CNI_NETNS=/proc/self/ns/net", $"CNI_NETNS_OVERRIDE={no}").AssertRefused(8);
        }

        node.Call("GC", input, "CNI_NETNS=/proc/self/ns/net").AssertSilent();
        node.Call("STATUS", input, "CNI_NETNS=/proc/self/ns/net").AssertSilent();
    }

    [KernelTheory]
    [InlineData("/run/netns/lan")]
    [InlineData("/run/netns/none")]
    [InlineData("/run/netns")]
    [InlineData("none")]
    public void Another_one_and_one_that_is_not_there_pass(string path)
    {
        using Node node = Prepared();
        node.Call("ADD", Calls.Input(Calls.Result()), $"CNI_NETNS={path}").AssertResult(Calls.Result());
        node.Call("DEL", Calls.Input(null), $"CNI_NETNS={path}").AssertSilent();
    }

    private static Node Prepared()
    {
        Node node = Topology.TwoCards().WithFlannel();
        node.Sh("touch /run/netns/own; mount --bind /proc/self/ns/net /run/netns/own; ln -s /run/netns/own /run/link");
        return node;
    }
}
