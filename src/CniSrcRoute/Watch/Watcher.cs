using CniSrcRoute.Netlink.Events;
using CniSrcRoute.Node;
using CniSrcRoute.Processes;
using CniSrcRoute.Sockets;

namespace CniSrcRoute.Watch;

/// <summary>
/// Keeps the tables true: receives the kernel's events, and writes the planner's plan for what they make dirty. The whole node is read again only for changes
/// that the kernel sends no event for, or an incomplete one.
/// </summary>
internal sealed partial class Watcher : IDisposable
{
    /// <summary>How often everything is checked without any event.</summary>
    private static readonly TimeSpan VerificationInterval = TimeSpan.FromMinutes(1);

    private readonly EventSource _events;
    private readonly Kernel _kernel = new();
    private readonly NftablesEventSource? _nftables;
    private readonly Hangup _hangup;
    private readonly WatchedFiles _files;
    private readonly Metrics _metrics;
    private readonly MetricsOutput _metricsOutput;
    private readonly Journal _journal = new();
    private readonly Records _records;
    private readonly Pace _pace = new();
    private readonly Pace _firewallPace = new();
    private readonly ServiceManager _manager = new();
    private readonly Backoff _backoff = new();
    private readonly List<KernelEvent> _received = [];
    private Planner? _planner;

    /// <summary>Why the node is to be read, beside what the planner says.</summary>
    private Cause? _cause = new(CauseKind.Start, "started");
    private TimeSpan _verified = Now;

    /// <summary>Begins to listen; nothing is changed yet.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="hangup">Has the configuration read again.</param>
    /// <exception cref="InputException">The configuration is wrong.</exception>
    public Watcher(WatchOptions options, Hangup hangup)
    {
        _files = new WatchedFiles(options, _journal);
        _metrics = new Metrics(_kernel.CountMisdirected);
        _records = new Records(_journal, _metrics);
        _metricsOutput = new MetricsOutput(_metrics, options.MetricsFile, options.MetricsListen);
        _hangup = hangup;
        _events = new EventSource(_kernel.PortId);
        _nftables = _kernel.ListenToNftables();

        // An address for which it matters comes as an event, and nftables is not read again for that.
        _ = _kernel.ReadNftables(needsSockets: true);
    }

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>Watches until a signal ends the process.</summary>
    public void Run()
    {
        // poll(2) passes over a negative descriptor.
        int[] descriptors = [_events.Descriptor, _hangup.Descriptor, _files.Descriptor, _nftables?.Descriptor ?? -1, .. _metricsOutput.Descriptors];
        Span<bool> ready = stackalloc bool[descriptors.Length];
        while (true)
        {
            if (Now >= _verified + VerificationInterval)
            {
                _verified = Now;
                Cause? found = _files.Verify();
                _cause ??= found ?? new Cause(CauseKind.Verification, "periodic check found drift that no kernel event announced");
            }

            FollowFirewalls();
            Work();

            _metricsOutput.ListenWhenDue(Now, _journal);
            _metricsOutput.WriteWhenDue(Now, _journal);
            _manager.Ping();
            descriptors[2] = _files.Descriptor;
            _metricsOutput.Descriptors.CopyTo(descriptors.AsSpan(4));
            Poll.Wait(descriptors, ready, NextTime() - Now);
            if (ready[1] || (ready[2] && _files.HaveChanged()))
            {
                if (_hangup.Drain())
                {
                    _files.Withdraw();
                    return;
                }

                _files.Read();
                _cause ??= new Cause(CauseKind.Config, "a file changed");
            }

            if (ready[4..].Contains(true))
            {
                _metricsOutput.Answer();
            }

            if (ready[3])
            {
                ListenToNftables();
            }

            Listen();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _metricsOutput.Dispose();
        _files.Dispose();
        _events.Dispose();
        _nftables?.Dispose();
        _kernel.Dispose();
    }

    /// <summary>When there is something to do without any event.</summary>
    private TimeSpan NextTime()
    {
        if (_received.Count > 0)
        {
            return Now;
        }

        TimeSpan next = _verified + VerificationInterval;
        next = (_cause is not null || _planner?.Dirt.Extent > Extent.Part) && _pace.NotBefore < next ? _pace.NotBefore : next;
        next = _nftables?.HaveOthersChanged == true && _firewallPace.NotBefore < next ? _firewallPace.NotBefore : next;
        next = _backoff.Next < next ? _backoff.Next.Value : next;
        TimeSpan metrics = _metricsOutput.NextWrite ?? next;
        TimeSpan ping = _manager.NextPing ?? next;
        return metrics < next && metrics < ping ? metrics : ping < next ? ping : next;
    }
}
