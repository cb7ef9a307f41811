namespace CniSrcRoute.Harm;

/// <summary>What the program under test made worse.</summary>
/// <param name="Stage">After what it was seen.</param>
/// <param name="Kind">What is wrong, in words that are the same for faults of one kind.</param>
/// <param name="Flow">The flow; null where it is none.</param>
/// <param name="Without">What became of it without the program.</param>
/// <param name="With">What became of it with the program.</param>
internal sealed record Fault(string Stage, string Kind, Flow? Flow, string Without, string With)
{
    public override string ToString() => $"{Stage}: {Kind}: {Flow}\n    without: {Without}\n    with:    {With}";
}
