using CniSrcRoute.Netlink.Interop;

namespace CniSrcRoute.Linux;

/// <summary>Waits for any of several descriptors (poll(2)).</summary>
public static unsafe class Poll
{
    /// <summary>Waits until one can be read.</summary>
    /// <param name="descriptors">The descriptors.</param>
    /// <param name="ready">Which of them can be read; none when the time was up or a signal came.</param>
    /// <param name="timeout">How long at most; longer than 24 days is that.</param>
    public static void Wait(ReadOnlySpan<int> descriptors, Span<bool> ready, TimeSpan timeout)
    {
        Libc.PollFd* polled = stackalloc Libc.PollFd[descriptors.Length];
        for (int i = 0; i < descriptors.Length; i++)
        {
            polled[i] = new Libc.PollFd { Descriptor = descriptors[i], Events = Constants.POLLIN };
        }

        int count = Libc.poll(polled, (nuint)descriptors.Length, (int)Math.Ceiling(Math.Clamp(timeout.TotalMilliseconds, 0, int.MaxValue)));
        for (int i = 0; i < descriptors.Length; i++)
        {
            ready[i] = count > 0 && polled[i].Returned != 0;
        }
    }
}
