namespace CniSrcRoute.Harm;

/// <summary>Makes a scene smaller as long as a fault of it stays.</summary>
internal static class Shrinking
{
    /// <summary>Leaves out one part after the other, and keeps what the fault does not need out.</summary>
    /// <returns>The smallest scene that was found, and the fault as it is there.</returns>
    public static async Task<(Scene Scene, Fault Fault)> RunAsync(Scene scene, Fault fault)
    {
        // Parts stand on earlier ones: from the last to the first, once is enough.
        for (int i = scene.Parts.Count - 1; i >= 0; i--)
        {
            Scene smaller = scene with { Parts = [.. scene.Parts.Where((_, index) => index != i)] };
            if (await SameAsync(smaller, fault).ConfigureAwait(false) is { } same)
            {
                (scene, fault) = (smaller, same);
            }
        }

        return (scene, fault);
    }

    private static async Task<Fault?> SameAsync(Scene scene, Fault fault)
    {
        try
        {
            Draft draft = scene.Draft();
            Flow[] flows = fault.Flow is null ? Flows.Of(draft, scene.Seed) : [.. Flows.Of(draft, scene.Seed, all: true).Where(flow => flow == fault.Flow)];
            (IReadOnlyList<Fault> faults, _) = await Trial.RunAsync(draft, flows, fault.Stage == Trial.First).ConfigureAwait(false);
            return faults.FirstOrDefault(other => other.Kind == fault.Kind && other.Flow == fault.Flow);
        }
        catch (SceneException)
        {
            return null;
        }
    }
}
