using System.Diagnostics;

namespace CniSrcRoute.Harm;

/// <summary>Many questions at once.</summary>
internal static class Round
{
    /// <summary>
    /// Asks all of them. It ends when all have their answers, or when for a time no answer has come: so a busy machine is waited for, and what gets no answer
    /// costs this time once.
    /// </summary>
    public static async Task<string?[]> AskAsync(IReadOnlyList<Question> questions, TimeSpan patience)
    {
        using CancellationTokenSource end = new();
        long last = Stopwatch.GetTimestamp();
        Task<string?[]> all = Task.WhenAll(questions.Select(async question =>
        {
            string? answer = await question.AskAsync(end.Token).ConfigureAwait(false);
            Interlocked.Exchange(ref last, Stopwatch.GetTimestamp());
            return answer;
        }));
        while (!all.IsCompleted && Stopwatch.GetElapsedTime(Interlocked.Read(ref last)) < patience)
        {
            await Task.WhenAny(all, Task.Delay(patience - Stopwatch.GetElapsedTime(Interlocked.Read(ref last)) + TimeSpan.FromMilliseconds(5))).ConfigureAwait(false);
        }

        await end.CancelAsync().ConfigureAwait(false);
        return await all.ConfigureAwait(false);
    }
}
