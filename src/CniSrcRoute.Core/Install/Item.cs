namespace CniSrcRoute.Install;

/// <summary>Something to be installed on the node.</summary>
/// <param name="Path">Where.</param>
/// <param name="Wanted">What.</param>
/// <param name="OnConflict">What becomes of something else there.</param>
/// <param name="Bytes">What is in it, if it is a file.</param>
public sealed record Item(string Path, Found Wanted, OnConflict OnConflict, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>A file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="bytes">What is in it.</param>
    /// <param name="mode">Its permissions.</param>
    /// <param name="onConflict">What becomes of something else there.</param>
    public static Item File(string path, byte[] bytes, UnixFileMode mode, OnConflict onConflict) => new(path, Found.File(bytes, mode), onConflict, bytes);

    /// <summary>A symbolic link.</summary>
    /// <param name="path">Where.</param>
    /// <param name="target">Where it leads.</param>
    /// <param name="onConflict">What becomes of something else there.</param>
    public static Item Link(string path, string target, OnConflict onConflict) => new(path, Found.Link(target), onConflict, default);

    /// <summary>A directory.</summary>
    /// <param name="path">Where.</param>
    public static Item Directory(string path) => new(path, Found.Directory, OnConflict.KeepForeign, default);
}
