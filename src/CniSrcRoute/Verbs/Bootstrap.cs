using CniSrcRoute.Configuration;
using CniSrcRoute.Netlink.Events;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute bootstrap`.</summary>
internal static class Bootstrap
{
    public static int Run(Options options)
    {
        Config config = NodeFiles.ReadConfig(options.ConfigFile);
        if (options.Wait is { } wait)
        {
            WaitForAddresses(config, wait);
        }

        // At boot a card that is dead must not cost the other sources their tables: after the wait its absence is a warning.
        return Session.Reconcile(config, lenient: options.Wait is not null);
    }

    private static void WaitForAddresses(Config config, TimeSpan wait)
    {
        // Listening begins before the first look, so nothing that happens in between is missed.
        using var kernel = new Kernel();
        using var events = new EventSource(kernel.PortId);
        long end = Environment.TickCount64 + (long)wait.TotalMilliseconds;
        while (Lateness.Of(config, StateReader.Read(kernel)) is { } missing)
        {
            var left = TimeSpan.FromMilliseconds(end - Environment.TickCount64);
            if (left <= TimeSpan.Zero)
            {
                Log.Warning($"waited {wait.TotalSeconds:0} seconds in vain: {missing}");
                return;
            }

            events.Wait(left);
            events.Discard();
        }
    }
}
