using CniSrcRoute.Install;

namespace CniSrcRoute.UnitTests.Install;

/// <summary>A node of which everything is in memory, and that takes steps as the program takes them.</summary>
internal sealed class ModelNode : INode
{
    private readonly SortedDictionary<string, Found> _files = new(StringComparer.Ordinal) { ["/"] = Found.Directory };
    private readonly HashSet<string> _networks = [];
    private readonly HashSet<string> _active = [];
    private string _record = "";

    public bool IsLive { get; init; }

    public bool IsSeenFromPod { get; init; }

    public bool RunsSystemd { get; init; }

    public bool IsWatched => _active.Contains(Units.Watch);

    public bool HasOurs => _active.Contains(Units.Bootstrap);

    public string LockDirectory => "/run/srcroute";

    public List<PluginDirectory> Directories { get; } = [];

    public IReadOnlyList<PluginDirectory> PluginDirectories => Directories;

    public PodNetwork? PodNetwork => _networks.Order(StringComparer.Ordinal).FirstOrDefault() is { } file ? new PodNetwork(file, null, HasEntry(file)) : null;

    public IEnumerable<string> Entries => _networks.Where(HasEntry);

    /// <summary>What install wrote down.</summary>
    public InstallRecord Record => InstallRecord.Parse(_files.ContainsKey(InstallRecord.File) ? _record : "");

    /// <summary>Whether a network configuration names a plugin that does not stand where its runtime looks: no pod would start.</summary>
    public bool IsBroken => Entries.Any() && _files.GetValueOrDefault(Layout.Binary, Found.Nothing).IsNothing;

    public Found At(string path) => _files.GetValueOrDefault(path, Found.Nothing);

    public bool HasDirectory(string path) => At(path) == Found.Directory;

    public IEnumerable<string> In(string directory) => _files.Keys.Where(path => path != "/" && Path.GetDirectoryName(path) == directory);

    public bool AreSame(string one, string other) => one == other;

    public bool MayWrite(string directory) => HasDirectory(directory);

    public bool IsActive(string unit) => _active.Contains(unit);

    public Entry? EntryOf(string file) => _networks.Contains(file) && HasEntry(file) ? new(file, file) : null;

    public string TargetOf(string file) => file;

    public string? Lacking(string file, Predicate<string> stands) => Directories.TrueForAll(directory => stands(directory.Path)) ? null : "the plugin; put it there";

    /// <summary>Puts a file there, or a link, and the directories above.</summary>
    public void Make(string path, Found found)
    {
        string parent = Path.GetDirectoryName(path)!;
        if (parent != "/" && !_files.ContainsKey(parent))
        {
            Make(parent, Found.Directory);
        }

        _files[path] = found;
    }

    /// <summary>Puts a network configuration of pods there.</summary>
    public void MakeNetwork(string file)
    {
        Make(file, Found.File("flannel"u8, Ownership.FileMode));
        _networks.Add(file);
    }

    /// <summary>Everything that stands there and runs.</summary>
    public string Snapshot() => string.Join('\n', [.. _files.Select(file => $"{file.Key} {file.Value.What} {file.Value.Mode}"), .. _active.Order(StringComparer.Ordinal)]);

    /// <summary>Takes a step.</summary>
    public void Take(InstallStep step)
    {
        switch (step)
        {
            case Remark:
                break;
            case PutItem { Item: var item }:
                RequireParent(item.Path);
                _files[item.Path] = item.Wanted;
                break;
            case RemoveFile { Path: var path }:
                _files.Remove(path);
                break;
            case RemoveDirectory { Path: var path }:
                Remove(path);
                break;
            case SetAside { Path: var path }:
                _files[InstallRecord.AsideOf(path)] = _files[path];
                break;
            case PutBack { Path: var path }:
                _files[path] = _files[InstallRecord.AsideOf(path)];
                _files.Remove(InstallRecord.AsideOf(path));
                break;
            case AddEntry { File: var file }:
                _files[file] = Found.File("flannel, srcroute"u8, Ownership.FileMode);
                break;
            case RemoveEntry { Entry.File: var file }:
                _files[file] = Found.File("flannel"u8, Ownership.FileMode);
                break;
            case ControlUnit { Verb: "start" or "restart", Unit: var unit }:
                _active.Add(unit);
                break;
            case ControlUnit { Verb: "stop", Unit: var unit }:
                _active.Remove(unit);
                break;
            case ReloadUnits:
                break;
            case WriteRecord { Text: var text }:
                Write(text);
                break;
            case RemoveRecord:
                _files.Remove(InstallRecord.File);
                if (!In(InstallRecord.OwnDirectory).Any())
                {
                    Remove(InstallRecord.OwnDirectory);
                }

                break;
            case TearDown or ForgetLocks:
                break;
            default:
                throw new ArgumentException(step.ToString());
        }
    }

    private void Write(string text)
    {
        Make(InstallRecord.File, Found.File([], Ownership.FileMode));
        _record = text;
    }

    private bool HasEntry(string file) => At(file) == Found.File("flannel, srcroute"u8, Ownership.FileMode);

    private void Remove(string directory) => _ = In(directory).Any() ? throw new IOException($"{directory}: not empty") : _files.Remove(directory);

    private void RequireParent(string path) => _ = HasDirectory(Path.GetDirectoryName(path)!) ? true : throw new IOException($"{path}: no directory");
}
