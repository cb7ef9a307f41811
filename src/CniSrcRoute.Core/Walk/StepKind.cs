namespace CniSrcRoute.Walk;

/// <summary>What came of asking a rule.</summary>
public enum StepKind
{
    /// <summary>The rule is for other packets.</summary>
    NotFor,

    /// <summary>It is `not` for what its selectors say, and they say this packet.</summary>
    Inverted,

    /// <summary>It says nothing: a nop, or a goto whose rule is not there.</summary>
    Nothing,

    /// <summary>It leads to a later rule.</summary>
    Goto,

    /// <summary>Its table has no route for the packet.</summary>
    NoRoute,

    /// <summary>A throw route of its table sends the packet on to the next rule.</summary>
    Throw,

    /// <summary>Its table has a route, which suppress_prefixlength does not let count.</summary>
    SuppressedByLength,

    /// <summary>Its table has a route, which suppress_ifgroup does not let count.</summary>
    SuppressedByGroup,

    /// <summary>It decides: by its table's route, or because it refuses the packet itself.</summary>
    Taken,
}
