using CniSrcRoute.Node;

namespace CniSrcRoute.Install;

/// <summary>Something that shall stand on the node.</summary>
/// <param name="path">Where.</param>
/// <param name="wanted">What.</param>
/// <param name="rival">What becomes of something else there.</param>
/// <param name="put">Puts it there, in one step.</param>
internal sealed class Item(string path, Found wanted, Rival rival, Action put)
{
    public string Path { get; } = path;

    public Found Wanted { get; } = wanted;

    public Rival Rival { get; } = rival;

    public Action Put { get; } = put;

    public static Item File(string path, byte[] bytes, UnixFileMode mode, Rival rival) =>
        new(path, Found.File(bytes, mode), rival, () => AtomicFile.Write(path, bytes, mode, outlastsPowerFailure: true));

    public static Item Link(string path, string target, Rival rival) => new(path, Found.Link(target), rival, () => AtomicFile.Link(path, target));

    public static Item Directory(string path) => new(path, Found.Directory, Rival.Stays, () => AtomicFile.MakeDirectory(path));
}
