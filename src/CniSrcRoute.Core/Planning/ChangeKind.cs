namespace CniSrcRoute.Planning;

/// <summary>What a change does.</summary>
public enum ChangeKind
{
    /// <summary>Makes what is not there.</summary>
    Add,

    /// <summary>Replaces what is there, in one step.</summary>
    Replace,

    /// <summary>Removes what is there.</summary>
    Remove,
}
