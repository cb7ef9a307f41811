namespace CniSrcRoute.Install;

/// <summary>What to do if another file is in the place of one of ours.</summary>
public enum OnConflict
{
    /// <summary>It stays, and so does an older one of ours: the file is theirs to write.</summary>
    Keep,

    /// <summary>It stays; only an older one of ours is replaced.</summary>
    KeepForeign,

    /// <summary>It gets out of the way until uninstall puts it back: nothing goes without ours.</summary>
    SetAside,
}
