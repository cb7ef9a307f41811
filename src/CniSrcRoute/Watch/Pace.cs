namespace CniSrcRoute.Watch;

/// <summary>
/// Decides when the node may be read again. Readings take no more than a fifth of the time, however often things change; and somebody who undoes our work
/// again and again is met with longer and longer pauses, not with a busy loop.
/// </summary>
internal sealed class Pace
{
    private const int Share = 4;
    private const int PatienceCount = 5;

    /// <summary>Short enough for a restart of systemd-networkd, which takes things away card by card, and twice as long each time.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1) / 128;
    private static readonly TimeSpan PatienceWindow = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly Queue<TimeSpan> _undone = new();
    private TimeSpan _notBefore;
    private TimeSpan _pause;

    /// <summary>The time after which the node may be read again, on the clock of <see cref="Environment.TickCount64"/>.</summary>
    public TimeSpan NotBefore => _notBefore;

    /// <summary>Takes note of a reading that failed.</summary>
    /// <param name="now">When it did.</param>
    /// <param name="wait">How long to wait before the next.</param>
    public void Failed(TimeSpan now, TimeSpan wait) => _notBefore = now + wait;

    /// <summary>Takes note of a reading.</summary>
    /// <param name="now">When it ended.</param>
    /// <param name="took">How long it took, with the writing; without the waiting for a lock.</param>
    /// <param name="undone">Whether it had to repair what somebody had undone.</param>
    /// <returns>The pause that somebody's persistence has earned; zero for none.</returns>
    public TimeSpan After(TimeSpan now, TimeSpan took, bool undone)
    {
        if (undone)
        {
            _undone.Enqueue(now);
        }

        while (_undone.TryPeek(out TimeSpan oldest) && now - oldest > PatienceWindow + _pause)
        {
            _undone.Dequeue();
        }

        _pause = _undone.Count < PatienceCount ? TimeSpan.Zero
            : !undone ? _pause
            : _pause == TimeSpan.Zero ? ShortestPause
            : 2 * _pause < LongestPause ? 2 * _pause : LongestPause;
        _notBefore = now + (took * Share > _pause ? took * Share : _pause);
        return undone ? _pause : TimeSpan.Zero;
    }
}
