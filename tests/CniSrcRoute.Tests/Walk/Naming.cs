namespace CniSrcRoute.Tests.Walk;

/// <summary>When `srcroute explain` is told by which card a request comes in (--card).</summary>
internal enum Naming
{
    /// <summary>It finds it out.</summary>
    Never,

    /// <summary>Where it says that it guesses.</summary>
    OfGuesses,

    /// <summary>Always: nothing on the node tells.</summary>
    Always,
}
