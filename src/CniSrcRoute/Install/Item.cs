using CniSrcRoute.Node;

namespace CniSrcRoute.Install;

/// <summary>Something that shall stand on the node.</summary>
/// <param name="path">Where.</param>
/// <param name="wanted">What.</param>
/// <param name="onConflict">What becomes of something else there.</param>
/// <param name="put">Puts it there, in one step.</param>
internal sealed class Item(string path, Found wanted, OnConflict onConflict, Action put)
{
    public string Path { get; } = path;

    public Found Wanted { get; } = wanted;

    public OnConflict OnConflict { get; } = onConflict;

    public Action Put { get; } = put;

    public static Item File(string path, byte[] bytes, UnixFileMode mode, OnConflict onConflict) =>
        new(path, Found.File(bytes, mode), onConflict, () => AtomicFile.Write(path, bytes, mode, outlastsPowerFailure: true));

    public static Item Link(string path, string target, OnConflict onConflict) => new(path, Found.Link(target), onConflict, () => AtomicFile.Link(path, target));

    public static Item Directory(string path) => new(path, Found.Directory, OnConflict.KeepForeign, () => AtomicFile.MakeDirectory(path));
}
