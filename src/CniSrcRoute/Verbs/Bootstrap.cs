using CniSrcRoute.Configuration;
using CniSrcRoute.Netlink.Events;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute bootstrap`.</summary>
internal static class Bootstrap
{
    /// <summary>As long as DHCP usually takes once a card is up. Who comes later is served by the watcher; who never comes must not hold every boot up.</summary>
    private static readonly TimeSpan PatienceWithBareCards = TimeSpan.FromSeconds(5);

    public static int Run(Options options)
    {
        Config config = NodeFiles.ReadConfig(options.ConfigFile);
        if (options.Wait is { } wait)
        {
            WaitForAddresses(config, wait);
        }

        return Session.Reconcile(config, options);
    }

    private static void WaitForAddresses(Config config, TimeSpan wait)
    {
        // Listening begins before the first look, so nothing that happens in between is missed.
        using var kernel = new Kernel();
        using var events = new EventSource(kernel.PortId);
        long start = Environment.TickCount64;
        while (true)
        {
            NodeState state = StateReader.Read(kernel, config);
            string? missing = Lateness.Of(config, state);
            TimeSpan patience = missing is null && wait > PatienceWithBareCards ? PatienceWithBareCards : wait;
            missing ??= Lateness.OfBareCards(config, state);
            TimeSpan left = patience - TimeSpan.FromMilliseconds(Environment.TickCount64 - start);
            if (missing is null)
            {
                return;
            }

            if (left <= TimeSpan.Zero)
            {
                Log.Warning($"gave up waiting after {patience.TotalSeconds:0} seconds: {missing}");
                return;
            }

            events.Wait(left);
            events.Discard();
        }
    }
}
