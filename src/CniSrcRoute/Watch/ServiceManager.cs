using System.Globalization;
using CniSrcRoute.Linux;

namespace CniSrcRoute.Watch;

/// <summary>
/// Tells systemd how the watcher does: readiness, a status line, and the signs of life that a watchdog wants (sd_notify(3), sd_watchdog_enabled(3)).
/// </summary>
internal sealed class ServiceManager
{
    /// <summary>How long after it was not heard it tries again.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly string? _socket = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");

    /// <summary>Half of what the watchdog grants; null without one.</summary>
    private readonly TimeSpan? _interval =
        long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long granted)
            ? TimeSpan.FromMicroseconds(granted / 2)
            : null;

    private TimeSpan _pinged;

    /// <summary>What it has not heard yet, since its queue was full.</summary>
    private string _unheard = "";

    /// <summary>When the next sign of life is due, on the clock of <see cref="Environment.TickCount64"/>; null when nobody waits for one.</summary>
    public TimeSpan? NextPing => _unheard.Length > 0 ? _pinged + RetryInterval : _interval is { } interval ? _pinged + interval : null;

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>The node was read and is in order.</summary>
    /// <param name="status">How things stand.</param>
    public void Ready(string status) => Tell($"READY=1\nSTATUS={status}\n");

    /// <summary>Gives a sign of life when one is due.</summary>
    public void Ping()
    {
        if (NextPing <= Now)
        {
            Tell(_unheard);
        }
    }

    private void Tell(string message)
    {
        _pinged = Now;
        _unheard = NotifySocket.Send(_socket, message + "WATCHDOG=1\n") ? "" : message;
    }
}
