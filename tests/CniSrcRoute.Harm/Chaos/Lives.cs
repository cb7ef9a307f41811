using System.Diagnostics;
using System.Globalization;

namespace CniSrcRoute.Harm.Chaos;

/// <summary>Lives of random nodes, one after the other, for so long.</summary>
internal static class Lives
{
    /// <summary>Nodes that the program is known not to harm by itself.</summary>
    private const int Nodes = 86;

    /// <summary>How much happens to a node before the next one's turn comes.</summary>
    private const int Happenings = 12;

    /// <summary>Lives them.</summary>
    /// <param name="time">For how long.</param>
    /// <param name="seed">What all is drawn from.</param>
    /// <returns>Whether nothing was lost for good that was not lost without the program.</returns>
    public static async Task<bool> RunAsync(TimeSpan time, int seed)
    {
        Stopwatch clock = Stopwatch.StartNew();
        Random random = new(seed);
        int nodes = 0, happenings = 0, faults = 0;
        while (clock.Elapsed < time)
        {
            int number = 1 + random.Next(Nodes);
            Draft draft = Generator.Scene(number).Draft();
            if (draft.Uplinks.Count == 0)
            {
                continue;
            }

            nodes++;
            using Life life = await Life.BeginAsync(draft, Flows.Of(draft, number), random).ConfigureAwait(false);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed:mm\\:ss} node {number}: {life.Working} flows work without the program"));
            int told = 0;
            for (int i = 0; i < Happenings && clock.Elapsed < time; i++, happenings++)
            {
                string what = await life.GoOnAsync().ConfigureAwait(false);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed:mm\\:ss}   {what}"));
                told = Tell(life, told);
            }

            life.Finish();
            faults += Tell(life, told);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {nodes} nodes, {happenings} times something happened, {faults} lasting losses; {clock.Elapsed.TotalSeconds:f0} s"));
        return faults == 0;
    }

    private static int Tell(Life life, int told)
    {
        foreach (Fault fault in life.Faults.Skip(told))
        {
            Console.WriteLine($"LOSS {fault}");
        }

        if (life.Faults.Count > told)
        {
            Console.WriteLine(life.Describe());
        }

        return life.Faults.Count;
    }
}
