namespace CniSrcRoute.Planning;

/// <summary>How much a finding matters.</summary>
public enum Severity
{
    /// <summary>All is as it should be; worth knowing all the same.</summary>
    Note,

    /// <summary>It may break what we do, or what others do.</summary>
    Warning,

    /// <summary>Something that was asked for is not so: the node is not healthy.</summary>
    Error,
}
