using CniSrcRoute.Files;
using CniSrcRoute.Node;
using CniSrcRoute.Processes;

namespace CniSrcRoute.Install;

/// <summary>The node itself, or a tree of files that is going to be one.</summary>
/// <param name="isLive">Whether it is the system that runs.</param>
internal sealed class DiskNode(bool isLive) : INode
{
    public bool IsLive => isLive;

    public bool IsSeenFromPod => Surroundings.AreOfPod;

    public bool RunsSystemd => Systemd.IsRunning;

    public bool IsWatched => NodeLock.IsWatched;

    public bool HasOurs
    {
        get
        {
            using var kernel = new Kernel();
            return !Reconciliation.Read(kernel, config: null).Plan.IsEmpty;
        }
    }

    public string LockDirectory => NodeFiles.LockDirectory;

    public IReadOnlyList<PluginDirectory> PluginDirectories =>
        Node.PluginDirectories.Find().ConvertAll(path => new PluginDirectory(path, Node.PluginDirectories.IsOfOneRelease(path)));

    public PodNetwork? PodNetwork =>
        Conflists.TryFind(out string? why) is { } file ? new PodNetwork(file, why, HasEntry: !new ConflistFile(file).CanAdd()) : null;

    public IEnumerable<string> Entries => Conflists.FindEntries();

    public Found At(string path) =>
        new FileInfo(path).LinkTarget is { } target ? Found.Link(target)
        : FileIdentity.Of(path) is not { } identity ? Found.Nothing
        : identity.IsRegular ? Found.File(File.ReadAllBytes(path), identity.Mode)
        : Directory.Exists(path) ? Found.Directory
        : Found.Device;

    public bool HasDirectory(string path) => Directory.Exists(path);

    public IEnumerable<string> In(string directory) => Directory.EnumerateFileSystemEntries(directory);

    public bool AreSame(string one, string other) => FileIdentity.Of(one) is { } identity && identity == FileIdentity.Of(other);

    public bool MayWrite(string directory) => Privilege.MayWrite(directory);

    public bool IsActive(string unit) => Systemd.IsActive(unit);

    public Entry? EntryOf(string file)
    {
        var conflist = new ConflistFile(file);
        return conflist.Exists && conflist.CanRemove() ? new Entry(file, conflist.ListPath, conflist.Rewritten) : null;
    }

    public string TargetOf(string file) => new ConflistFile(file).Target;

    public string? Lacking(string file, Predicate<string> stands) =>
        Node.PluginDirectories.FindLacking(file, new ConflistFile(file).Outline, stands) is { } lacking ? $"{lacking.Why}; {lacking.Remedy}" : null;
}
