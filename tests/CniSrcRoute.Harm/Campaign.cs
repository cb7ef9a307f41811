using System.Diagnostics;
using System.Globalization;

namespace CniSrcRoute.Harm;

/// <summary>Many seeds.</summary>
internal static class Campaign
{
    private const int AtOnce = 2;

    /// <summary>Tries all seeds, and tells what came of each.</summary>
    /// <returns>Whether no node was harmed.</returns>
    public static async Task<bool> RunAsync(int first, int last)
    {
        Stopwatch clock = Stopwatch.StartNew();
        int harmed = 0, unbuilt = 0, working = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(first, last - first + 1),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (seed, _) =>
            {
                Stopwatch time = Stopwatch.StartNew();
                Scene scene = Generator.Scene(seed);
                string text;
                try
                {
                    (IReadOnlyList<Fault> faults, int flows) = await Trial.RunAsync(scene.Draft(), seed).ConfigureAwait(false);
                    Interlocked.Add(ref working, flows);
                    text = $"{(faults.Count == 0 ? "no harm" : $"HARM ({faults.Count})")}, {flows} flows";
                    if (faults.Count > 0)
                    {
                        Interlocked.Increment(ref harmed);
                        text += $"\n{string.Join('\n', scene.Parts.Select(part => $"  {part}"))}\n{Summary(faults)}";
                    }
                }
                catch (SceneException e)
                {
                    Interlocked.Increment(ref unbuilt);
                    text = $"NO SCENE: {e.Message}\n{string.Join('\n', scene.Parts.Select(part => $"  {part}"))}";
                }

                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed} ({time.Elapsed.TotalSeconds:f1} s): {text}"));
            }).ConfigureAwait(false);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{last - first + 1} nodes, {harmed} harmed, {unbuilt} not built, {working} flows worked without the program; {clock.Elapsed.TotalSeconds:f0} s"));
        return harmed + unbuilt == 0;
    }

    private static string Summary(IReadOnlyList<Fault> faults) => string.Join('\n', faults.GroupBy(fault => (fault.Stage, fault.Kind)).SelectMany(kind => kind.Take(3).Select(fault => fault.ToString()).Append(kind.Count() > 3 ? $"  and {kind.Count() - 3} more of this kind" : "").Where(line => line.Length > 0)));
}
