using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>The verification that comes once a minute. It has a class of its own, since others need not wait for its minute.</summary>
public sealed class VerificationTests
{
    [KernelFact]
    public void A_minute_later_everything_is_verified_and_what_nobody_told_is_called_that()
    {
        using Node node = Topology.TwoCardsDual();
        node.Write("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.254.0.0/16\nFLANNEL_IPV6_NETWORK=fd00:254::/48\n");
        using var watcher = Watcher.StartAnew(node);

        // A mount over flannel's directory is no event in it: only a reading of the node finds it.
        node.Sh("mount -t tmpfs unheard /run/flannel");
        Assert.True(SpinWait.SpinUntil(() => watcher.Lines.Any(line => line.StartsWith("found ", StringComparison.Ordinal)), TimeSpan.FromSeconds(150)));
        Assert.StartsWith("found cause=\"verification: this should have been heard\" routes_removed=4", watcher.Await("found "), StringComparison.Ordinal);
    }
}
