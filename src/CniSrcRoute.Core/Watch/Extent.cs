namespace CniSrcRoute.Watch;

/// <summary>How much has to be planned again.</summary>
public enum Extent
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Some destinations, and what is no route.</summary>
    Part,

    /// <summary>Everything, from what is known.</summary>
    Whole,

    /// <summary>Everything, and it has to be read: the kernel removes things without a word, or told more than could be heard.</summary>
    Reading,
}
