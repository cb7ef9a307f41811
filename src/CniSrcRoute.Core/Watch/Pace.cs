namespace CniSrcRoute.Watch;

/// <summary>
/// Decides when everything may be read, or planned, again: that takes no more than a fifth of the time, however often things change. What is planned in part
/// does not wait for it.
/// </summary>
public sealed class Pace
{
    private const int RestFactor = 4;

    /// <summary>The time after which it may be, on the caller's clock.</summary>
    public TimeSpan NotBefore { get; private set; }

    /// <summary>Takes note of a reading, or of a plan for everything.</summary>
    /// <param name="now">When it ended.</param>
    /// <param name="took">How long it took, with the writing; without the waiting for a lock.</param>
    public void After(TimeSpan now, TimeSpan took) => NotBefore = now + (took * RestFactor);

    /// <summary>Takes note of one that failed.</summary>
    /// <param name="now">When it did.</param>
    /// <param name="wait">How long to wait before the next.</param>
    public void Failed(TimeSpan now, TimeSpan wait) => NotBefore = now + wait;
}
