using System.Diagnostics;
using System.Globalization;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm.Chaos;

/// <summary>The program is killed at random instants, many times: whatever works without it works after each.</summary>
internal static class Kills
{
    /// <summary>A node with pods, another node, a VPN and a second address on a card.</summary>
    private const int Number = 33;

    /// <summary>How many flows are sent after each kill, and after how many kills all are, once the program has run to its end.</summary>
    private const int Few = 40, Often = 100;

    private static readonly string[] Commands = ["bootstrap", "sync", "teardown", "watch"];

    /// <summary>Kills it.</summary>
    /// <param name="count">How many times.</param>
    /// <param name="seed">What the commands and the instants are drawn from.</param>
    /// <returns>Whether nothing was lost.</returns>
    public static async Task<bool> RunAsync(int count, int seed)
    {
        Stopwatch clock = Stopwatch.StartNew();
        Random random = new(seed);
        Draft draft = Generator.Scene(Number).Draft();
        using Twins twins = new(draft, Flows.Of(draft, Number));
        twins.Configure(draft.Configuration);
        await twins.LookAsync().ConfigureAwait(false);
        Flow[] few = [.. twins.Flows.Zip(await twins.Without.SendAsync(twins.Flows, calm: 5).ConfigureAwait(false)).Where(pair => pair.Second.Server is not null).Select(pair => pair.First).Take(Few)];
        int early = 0;
        for (int i = 1; i <= count; i++)
        {
            // Up to 60 ms: on an idle machine a bootstrap takes 40, and a watcher has written all there is.
            string command = Commands[random.Next(Commands.Length)];
            string instant = (random.Next(60_000) / 1e6).ToString("f6", CultureInfo.InvariantCulture), what = $"{command}, killed after {instant} s";
            string script = $"{Requirements.Binary} {command} >/dev/null 2>&1 & sleep {instant}; kill -KILL $! && wait $!";
            if (twins.With.Node.Start(["sh", "-c", script]).Finish().ExitStatus == 128 + 9)
            {
                early++;
            }

            await FindDeadAsync(twins, few, what).ConfigureAwait(false);
            if (i % Often == 0 || i == count)
            {
                twins.Srcroute("sync --force");
                await twins.CompareAsync(what).ConfigureAwait(false);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed:mm\\:ss} {i} times, {early} of them before its end, {twins.Faults.Count} losses"));
            }
        }

        twins.Faults.ForEach(fault => Console.WriteLine($"LOSS {fault}"));
        return twins.Faults.Count == 0;
    }

    private static async Task FindDeadAsync(Twins twins, Flow[] flows, string what)
    {
        Answer[] answers = await twins.With.SendAsync(flows).ConfigureAwait(false);
        Flow[] silent = [.. flows.Zip(answers).Where(pair => pair.Second.Server is null).Select(pair => pair.First)];
        if (silent.Length == 0)
        {
            return;
        }

        Answer[] again = await twins.With.SendAsync(silent, calm: 40).ConfigureAwait(false);
        twins.Faults.AddRange(silent.Zip(again).Where(pair => pair.Second.Server is null).Select(pair => new Fault(what, Judge.Dead, pair.First, "an answer", "none")));
    }
}
