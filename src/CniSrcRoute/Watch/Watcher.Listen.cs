using System.Diagnostics;

namespace CniSrcRoute.Watch;

/// <content>What the planner is told of: events of routing, and changes of nftables.</content>
internal sealed partial class Watcher
{
    /// <summary>How many events were received together last.</summary>
    private int _atOnce;

    /// <summary>Applies the events received so far.</summary>
    private void Listen()
    {
        _events.Drain(_received);
        foreach (KernelEvent received in _received)
        {
            _planner?.Handle(received);
            if (received is OverrunEvent)
            {
                _metrics.Overran();
            }
        }

        _atOnce = _received.Count;
        _received.Clear();
    }

    /// <summary>Reads our nftables table again after others have changed it.</summary>
    private void ListenToNftables()
    {
        if (_nftables!.Drain() is { } program)
        {
            string by = program.Length == 0 ? "" : $" (by {program})";
            _planner?.Handle(_kernel.ReadNftables(needsSockets: true), new Cause(CauseKind.Nftables, $"somebody else changed table inet srcroute of nftables{by}"));
        }
    }

    /// <summary>Reads the firewalls of others again after they have changed: like a whole plan, that takes no more than a fifth of the time.</summary>
    private void FollowFirewalls()
    {
        bool haveChanged = _nftables is { HaveOthersChanged: true } && Now >= _firewallPace.NotBefore;
        if (_planner?.LacksFirewalls == true || (haveChanged && _planner?.MindsFirewalls == true))
        {
            long start = Stopwatch.GetTimestamp();
            _planner.Handle(_kernel.ReadDestinationRules());
            _firewallPace.After(Now, Stopwatch.GetElapsedTime(start));
            haveChanged = true;
        }

        if (haveChanged && _nftables is not null)
        {
            _nftables.HaveOthersChanged = false;
        }
    }
}
