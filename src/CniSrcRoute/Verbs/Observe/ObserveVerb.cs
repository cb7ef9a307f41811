using System.Globalization;
using CniSrcRoute.Configuration;
using CniSrcRoute.Node;
using CniSrcRoute.Observe;
using CniSrcRoute.Packets;
using CniSrcRoute.Planning;
using CniSrcRoute.Processes;
using CniSrcRoute.Sockets;

namespace CniSrcRoute.Verbs.Observe;

/// <summary>`srcroute observe`.</summary>
internal static class ObserveVerb
{
    /// <summary>How many packets are read at once, and the pause after that: what comes faster is dropped by the kernel, which costs nothing.</summary>
    private const int MostAtOnce = 200;
    private const uint LeastShare = 1 << 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan UsualTime = TimeSpan.FromSeconds(10);

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    public static int Run(Options options)
    {
        TimeSpan time = Time(options.Operands);
        if (!Privilege.CanSeePackets)
        {
            throw new InputException("observe: seeing packets needs the capability CAP_NET_RAW; run it as root");
        }

        Config config = NodeFiles.ReadConfig(options.ConfigFile);
        using var kernel = new Kernel();
        using var hangup = new Hangup(takesEnd: true);
        NodeState state = StateReader.Read(kernel, config);
        var sorted = new Cards(config, state);
        Link[] cards = [.. state.Links.Where(link => (sorted.IsExternal(link.Index) || sorted.IsOnLan(link)) && link.IsUp)];
        if (cards.Length == 0)
        {
            throw new InputException("observe: this node has no card that leads outside");
        }

        // Tunnels have no answers: each end sends to the same port of the other.
        ushort[] except = [.. UdpTable.NeverTranslated.Concat(state.UdpPorts?.Kept ?? []).Concat(config.UdpExcept).Distinct().Take(MostAtOnce)];
        HashSet<IpAddress> own = [.. state.Addresses.Select(address => address.Local)];
        HashSet<IpAddress> broadcast = [.. state.Addresses.Where(address => address.Subnet is { Family: Family.IPv4, Length: < 31 }).Select(address => address.Subnet.Last)];
        var observation = new Observation(LocalPorts.Read().IsServers, own.Contains, address => address.IsMulticast || broadcast.Contains(address));
        using var socket = new PacketSocket([.. cards.Select(card => card.Index).Take(MostAtOnce)], except);
        TimeSpan start = Now;
        uint share = Watch(socket, observation, hangup, start + time);
        TimeSpan end = Now;

        // As things are now: neighbours have come in the meantime.
        var round = Reconciliation.Read(kernel, config);
        round = round with { State = StateReader.WithRoutesTo(kernel, round.State, () => observation.Crossed) };
        var report = ObserveReport.Of(observation, end, share, round, sorted, kernel.Routing.ListNeighbours());
        report = report with { Seconds = (int)Math.Round((end - start).TotalSeconds), Cards = [.. cards.Select(card => card.Name)] };
        if (options.Json)
        {
            Log.Result(ObserveJson.Format(report));
        }
        else
        {
            Log.Prose(ObserveText.Format(report));
        }

        return report.ByOtherCard.Count == 0 ? ExitStatus.Success : ExitStatus.Drift;
    }

    /// <summary>Reads until the time is up, or the process is told to end.</summary>
    /// <returns>Of how many conversations one was looked at.</returns>
    private static uint Watch(PacketSocket socket, Observation observation, Hangup hangup, TimeSpan end)
    {
        Span<bool> ready = stackalloc bool[2];
        uint share = 1;
        bool isEnd = false;
        while (!isEnd)
        {
            Poll.Wait([hangup.Descriptor, socket.Descriptor], ready, end - Now);
            TimeSpan now = Now;

            // What has come before the end is read.
            isEnd = now >= end || (ready[0] && hangup.Drain());
            _ = socket.Read(observation, now, MostAtOnce);
            if ((socket.TakeDrops() > 0 || observation.IsFull) && share < LeastShare)
            {
                // What waits has been chosen by the share before; an answer of it may be lost.
                share *= 2;
                socket.Look(share);
                while (socket.Read(observation, now, MostAtOnce) > 0)
                {
                }

                observation.ForgetUndecided();
            }

            if (!isEnd)
            {
                Thread.Sleep(Pause);
            }
        }

        return share;
    }

    private static TimeSpan Time(IReadOnlyList<string> operands) => operands switch
    {
        [] => UsualTime,
        [var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds is > 0 and <= 86400 =>
            TimeSpan.FromSeconds(seconds),
        _ => throw new InputException($"observe: a number of seconds from 1 to 86400 is needed, not {string.Join(' ', operands)}"),
    };
}
