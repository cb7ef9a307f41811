using CniSrcRoute.Harm.Parts;

namespace CniSrcRoute.Harm;

/// <summary>Draws scenes.</summary>
internal static class Generator
{
    /// <summary>The scene of a seed.</summary>
    public static Scene Scene(int seed)
    {
        // What must be the same in every run: Random with a seed is (the same algorithm since .NET Framework).
        Random random = new(seed * 7919);
        List<Part> parts = [new Beyond()];
        int lans = random.Next(10) switch { 0 => 1, < 6 => 2, < 9 => 3, _ => 4 };
        for (int i = 0; i < lans; i++)
        {
            parts.Add(new Parts.Lan(i, random));
        }

        return new Scene(seed, parts);
    }
}
