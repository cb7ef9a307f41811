namespace CniSrcRoute.Harm;

/// <summary>A random node and its neighbours: the parts it is made of.</summary>
/// <param name="Seed">What it was drawn from.</param>
/// <param name="Parts">Its parts.</param>
internal sealed record Scene(int Seed, IReadOnlyList<Part> Parts)
{
    /// <summary>Puts the parts together.</summary>
    public Draft Draft()
    {
        Draft draft = new();
        foreach (Part part in Parts)
        {
            part.Build(draft);
        }

        return draft;
    }

    /// <summary>The commands that make it, for people.</summary>
    public string Script() => Harm.Script.Of(Draft());
}
