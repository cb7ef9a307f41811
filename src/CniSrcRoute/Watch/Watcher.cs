using CniSrcRoute.Linux;
using CniSrcRoute.Netlink.Events;
using CniSrcRoute.Node;

namespace CniSrcRoute.Watch;

/// <summary>
/// Keeps the tables true: hears what the kernel tells, and has the planner's plan for what is dirty written. Only what happens without a word, or in words
/// that say less than all, has the node read again.
/// </summary>
internal sealed partial class Watcher : IDisposable
{
    /// <summary>How often everything is verified though nothing was heard.</summary>
    private static readonly TimeSpan VerificationInterval = TimeSpan.FromMinutes(1);

    private readonly EventSource _events;
    private readonly Kernel _kernel = new();
    private readonly NftablesEventSource? _nftables;
    private readonly Hangup _hangup;
    private readonly WatchedFiles _files;
    private readonly Metrics _metrics = new();
    private readonly MetricsOutput _metricsOutput;
    private readonly Journal _journal = new();
    private readonly Pace _pace = new();
    private readonly ServiceManager _manager = new();
    private readonly Patience _patience = new();
    private readonly List<KernelEvent> _told = [];
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
        _metricsOutput = new MetricsOutput(_metrics, options.MetricsFile, options.MetricsListen);
        _hangup = hangup;
        _events = new EventSource(_kernel.PortId);
        _nftables = _kernel.ListenToNftables();
    }

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>Watches until the process is ended, or told to end.</summary>
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
                _cause ??= found ?? new Cause(CauseKind.Verification, "verification: this should have been heard");
            }

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

    /// <summary>When there is something to do though nothing is heard.</summary>
    private TimeSpan NextTime()
    {
        TimeSpan next = _verified + VerificationInterval;
        next = (_cause is not null || _planner?.Dirt.Extent > Extent.Part) && _pace.NotBefore < next ? _pace.NotBefore : next;
        next = _patience.Next < next ? _patience.Next.Value : next;
        TimeSpan metrics = _metricsOutput.NextWrite ?? next;
        TimeSpan ping = _manager.NextPing ?? next;
        return metrics < next && metrics < ping ? metrics : ping < next ? ping : next;
    }
}
