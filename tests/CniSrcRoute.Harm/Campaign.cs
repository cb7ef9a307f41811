using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace CniSrcRoute.Harm;

/// <summary>Many seeds.</summary>
/// <param name="shrinks">Whether nodes with faults are made smaller.</param>
internal sealed class Campaign(bool shrinks)
{
    private const int AtOnce = 2, MostShrunk = 12;

    private readonly ConcurrentDictionary<string, int> _kinds = [];
    private readonly ConcurrentDictionary<(string Kind, string? From), bool> _shrunkKinds = [];
    private int _harmed, _unbuilt, _working, _shrunk;

    /// <summary>Tries all seeds, and tells what came of each.</summary>
    /// <returns>Whether no node was harmed.</returns>
    public async Task<bool> RunAsync(int first, int last)
    {
        Stopwatch clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            Enumerable.Range(first, last - first + 1),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (seed, _) =>
            {
                Stopwatch time = Stopwatch.StartNew();
                string text = await TryAsync(Generator.Scene(seed)).ConfigureAwait(false);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed} ({time.Elapsed.TotalSeconds:f1} s): {text}"));
            }).ConfigureAwait(false);
        foreach ((string kind, int count) in _kinds.OrderByDescending(entry => entry.Value))
        {
            Console.WriteLine($"{count} nodes: {kind}");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{last - first + 1} nodes, {_harmed} harmed, {_unbuilt} not built, {_working} flows worked without the program; {clock.Elapsed.TotalSeconds:f0} s"));
        return _harmed + _unbuilt == 0;
    }

    private async Task<string> TryAsync(Scene scene)
    {
        Draft draft = scene.Draft();
        string parts = $"\n{string.Join('\n', scene.Parts.Select(part => $"  {part}"))}\n";
        try
        {
            (IReadOnlyList<Fault> faults, int flows) = await Trial.RunAsync(draft, Flows.Of(draft, scene.Seed)).ConfigureAwait(false);
            Interlocked.Add(ref _working, flows);
            if (faults.Count == 0)
            {
                return $"no harm, {flows} flows";
            }

            Interlocked.Increment(ref _harmed);
            foreach (string kind in faults.Select(fault => fault.Kind).Distinct())
            {
                _kinds.AddOrUpdate(kind, 1, (_, count) => count + 1);
            }

            return $"HARM ({faults.Count}), {flows} flows{parts}{Summary(faults)}{await ShrinkAsync(scene, faults).ConfigureAwait(false)}";
        }
        catch (SceneException e)
        {
            Interlocked.Increment(ref _unbuilt);
            return $"NO SCENE: {e.Message}{parts}";
        }
    }

    private async Task<string> ShrinkAsync(Scene scene, IReadOnlyList<Fault> faults)
    {
        // Of each kind one, the worst first: many nodes have the same fault.
        Fault? worst = faults.OrderBy(fault => (uint)Array.IndexOf(Judge.Kinds, fault.Kind)).FirstOrDefault(fault => _shrunkKinds.TryAdd((fault.Kind, fault.Flow?.From), true));
        if (!shrinks || worst is null || Interlocked.Increment(ref _shrunk) > MostShrunk)
        {
            return "";
        }

        (Scene smallest, Fault fault) = await Shrinking.RunAsync(scene, worst).ConfigureAwait(false);
        string script = smallest.Script();
        return $"\nsmallest node with {fault}\n{string.Join('\n', smallest.Parts.Select(part => $"  {part}"))}\n{script}\n";
    }

    private static string Summary(IReadOnlyList<Fault> faults) =>
        string.Join('\n', faults
            .GroupBy(fault => (fault.Stage, fault.Kind))
            .SelectMany(kind => kind.Take(2).Select(fault => fault.ToString()).Concat(kind.Count() > 2 ? [$"  and {kind.Count() - 2} more of this kind"] : [])));
}
