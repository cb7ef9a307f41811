namespace CniSrcRoute.Harm;

/// <summary>A part of a scene. All its numbers are drawn when it is made, so that it is the same with and without the others.</summary>
internal abstract class Part
{
    /// <summary>What it is, in words, with what was drawn.</summary>
    public abstract override string ToString();

    /// <summary>Adds its commands; nothing where what it stands on is not there.</summary>
    public abstract void Build(Draft draft);
}
