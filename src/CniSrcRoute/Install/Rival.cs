namespace CniSrcRoute.Install;

/// <summary>What becomes of a file of others where one of ours should stand.</summary>
internal enum Rival
{
    /// <summary>It stays, and so does an older one of ours: the file is theirs to write.</summary>
    IsKept,

    /// <summary>It stays; only an older one of ours is replaced.</summary>
    Stays,

    /// <summary>It gets out of the way until uninstall puts it back: nothing goes without ours.</summary>
    IsSetAside,
}
