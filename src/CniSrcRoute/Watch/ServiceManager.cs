using System.Globalization;
using CniSrcRoute.Sockets;

namespace CniSrcRoute.Watch;

/// <summary>
/// Tells systemd how the watcher does: readiness, a status line, and the signs of life that a watchdog wants (sd_notify(3), sd_watchdog_enabled(3)).
/// </summary>
internal sealed class ServiceManager
{
    /// <summary>How long after a failed message it tries again.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly string? _socket = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");

    /// <summary>Half of what the watchdog grants; null without one.</summary>
    private readonly TimeSpan? _interval = HalfOfWatchdog();

    private TimeSpan _pinged;

    /// <summary>What has not been sent yet, because the queue was full.</summary>
    private string _unsent = "";

    /// <summary>When the next watchdog message is due, on the clock of <see cref="Environment.TickCount64"/>; null when none is expected.</summary>
    public TimeSpan? NextPing => _unsent.Length > 0 ? _pinged + RetryInterval : _interval is { } interval ? _pinged + interval : null;

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>The node was read and is in order.</summary>
    /// <param name="status">The state, in words.</param>
    public void Ready(string status) => Tell($"READY=1\nSTATUS={status}\n");

    /// <summary>Something is in the way: what was said before is not so any more.</summary>
    /// <param name="reason">What it is.</param>
    public void Failing(string reason) => Tell($"STATUS=failing: {Printable.Line(reason)}\n");

    /// <summary>Gives a sign of life when one is due.</summary>
    public void Ping()
    {
        if (NextPing <= Now)
        {
            Tell(_unsent);
        }
    }

    // As sd_watchdog_enabled(3): none where it is meant for another process. More than a day is none as well.
    private static TimeSpan? HalfOfWatchdog() =>
        long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long granted) &&
        granted is > 0 and <= 86_400_000_000 &&
        (Environment.GetEnvironmentVariable("WATCHDOG_PID") is not { Length: > 0 } process ||
            process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            ? TimeSpan.FromMicroseconds(granted / 2)
            : null;

    private void Tell(string message)
    {
        _pinged = Now;
        _unsent = NotifySocket.Send(_socket, message + "WATCHDOG=1\n") ? "" : message;
    }
}
