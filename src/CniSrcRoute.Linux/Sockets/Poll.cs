using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Sockets;

/// <summary>Waits for any of several descriptors (poll(2)).</summary>
public static unsafe class Poll
{
    /// <summary>Waits until one can be read.</summary>
    /// <param name="descriptors">The descriptors.</param>
    /// <param name="ready">Which of them can be read; none when the time was up or a signal came.</param>
    /// <param name="timeout">How long at most; longer than 24 days is that.</param>
    public static void Wait(ReadOnlySpan<int> descriptors, Span<bool> ready, TimeSpan timeout)
    {
        pollfd* polled = stackalloc pollfd[descriptors.Length];
        for (int i = 0; i < descriptors.Length; i++)
        {
            polled[i] = new pollfd { fd = descriptors[i], events = POLLIN };
        }

        int count = poll(polled, (uint)descriptors.Length, (int)Math.Ceiling(Math.Clamp(timeout.TotalMilliseconds, 0, int.MaxValue)));
        for (int i = 0; i < descriptors.Length; i++)
        {
            ready[i] = count > 0 && polled[i].revents != 0;
        }
    }
}
