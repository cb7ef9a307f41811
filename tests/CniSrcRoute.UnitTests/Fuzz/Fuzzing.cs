using System.Diagnostics;
using System.Text;
using Xunit;

namespace CniSrcRoute.UnitTests.Fuzz;

/// <summary>
/// Runs an attempt over many inputs. Usually a fixed number from a fixed seed, so that what fails once fails again; with FUZZ_SECONDS in the environment
/// for that long and from a new seed, which a failure names and FUZZ_SEED repeats.
/// </summary>
internal static class Fuzzing
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Runs the attempts.</summary>
    /// <param name="usual">How many, unless FUZZ_SECONDS is set.</param>
    /// <param name="make">Makes an input.</param>
    /// <param name="attempt">Uses it; throws what it must not throw.</param>
    public static void Run(int usual, Func<Random, byte[]> make, Action<byte[]> attempt)
    {
        double? seconds = Number("FUZZ_SECONDS");
        int seed = (int?)Number("FUZZ_SEED") ?? (seconds is null ? 1 : Environment.TickCount);
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        byte[] input = [];
        int count = 0;

        // On a thread of its own: an attempt that never ends cannot be stopped, only told.
        Task work = Task.Factory.StartNew(
            () =>
            {
                while (seconds is null ? count < usual : clock.Elapsed.TotalSeconds < seconds)
                {
                    Volatile.Write(ref input, make(random));
                    attempt(input);
                    Volatile.Write(ref count, count + 1);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        int last = -1;
        while (!Ended(work))
        {
            Assert.True(Volatile.Read(ref count) != last, $"seed {seed}, input {count} takes longer than {Patience}: {Describe(input)}");
            last = Volatile.Read(ref count);
        }

        Assert.True(work.Exception is null, $"seed {seed}, input {count}: {Describe(input)}\n{work.Exception?.InnerException}");
    }

    private static bool Ended(Task work)
    {
        try
        {
            return work.Wait(Patience);
        }
        catch (AggregateException)
        {
            return true;
        }
    }

    private static string Describe(byte[] input) => $"{Convert.ToBase64String(input)}\n{(input.Contains((byte)0) ? "" : Encoding.UTF8.GetString(input))}";

    private static double? Number(string variable) => double.TryParse(Environment.GetEnvironmentVariable(variable), out double number) ? number : null;
}
