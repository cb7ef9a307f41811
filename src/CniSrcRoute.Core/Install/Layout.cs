using CniSrcRoute.Configuration;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Install;

/// <summary>What is to be installed on this node, in order: what needs something comes after it.</summary>
internal sealed class Layout
{
    /// <summary>The plugin, where runtimes look for it and the units as well.</summary>
    public const string Binary = UsualDirectory + "/srcroute";

    /// <summary>What keeps systemd-networkd from throwing rules away.</summary>
    public const string DropIn = "/etc/systemd/networkd.conf.d/srcroute.conf";

    private const string UsualDirectory = "/opt/cni/bin";

    private const string PeoplesBinaries = "/usr/local/sbin";

    private readonly List<Item> _items = [];

    private readonly List<string> _remarks = [];

    private readonly List<string> _pluginDirectories = [UsualDirectory];

    private readonly INode _node;

    private readonly Func<string, byte[]> _contents;

    /// <summary>Looks what kind of node this is.</summary>
    /// <param name="node">The node.</param>
    /// <param name="binary">The program.</param>
    /// <param name="contents">What is in the other files, by their names: config.json, the units, the drop-in.</param>
    /// <exception cref="InputException">A file is in the way of a directory.</exception>
    public Layout(INode node, byte[] binary, Func<string, byte[]> contents)
    {
        (_node, _contents) = (node, contents);
        Add(Item.File(Binary, binary, Ownership.ExecutableMode, OnConflict.SetAside));
        AddPluginLinks();
        if (_node.HasDirectory(PeoplesBinaries) && _node.MayWrite(PeoplesBinaries))
        {
            Add(Item.Link($"{PeoplesBinaries}/srcroute", Binary, OnConflict.KeepForeign));
        }

        Add(Item.File(Config.DefaultFile, contents("config.json"), Ownership.FileMode, OnConflict.Keep));
        AddSystemd();
    }

    /// <summary>What is to be installed.</summary>
    public IReadOnlyList<Item> Items => _items;

    /// <summary>Why something is not among them.</summary>
    public IReadOnlyList<string> Remarks => _remarks;

    /// <summary>Whether the files of systemd's services are in it.</summary>
    public bool HasUnits { get; private set; }

    /// <summary>Whether a unit is, or is going to be, started at boot.</summary>
    /// <param name="unit">The unit.</param>
    public bool IsEnabled(string unit) => _items.Exists(item => item.Path == Units.LinkTo(unit));

    /// <summary>Whether the plugin will be in a directory, which may have several names.</summary>
    /// <param name="directory">The directory.</param>
    public bool HasPlugin(string directory) => _pluginDirectories.Exists(one => one == directory || _node.AreSame(one, directory));

    private void AddPluginLinks()
    {
        foreach ((string directory, bool isOfOneRelease) in _node.PluginDirectories)
        {
            if (HasPlugin(directory))
            {
                continue;
            }

            if (!MayMakeIn(directory))
            {
                _remarks.Add($"left {directory}: it is not writable");
                continue;
            }

            if (isOfOneRelease)
            {
                _remarks.Add($"after its next upgrade k3s will look for plugins in another directory than {directory}: run install again then");
            }

            _pluginDirectories.Add(directory);
            Add(Item.Link($"{directory}/srcroute", Binary, OnConflict.SetAside));
        }
    }

    // /usr may be mounted read-only, and what a pod makes in a directory that is not mounted from the node is lost.
    private bool MayMakeIn(string directory) => _node.HasDirectory(directory)
        ? _node.MayWrite(directory)
        : !_node.IsSeenFromPod && MayMakeIn(Path.GetDirectoryName(directory)!);

    private void AddSystemd()
    {
        if (!_node.HasDirectory(Units.Directory) && !_node.RunsSystemd)
        {
            _remarks.Add(_node.IsSeenFromPod
                ? "after a reboot the tables are made when this pod starts, not before: with scripts/kubernetes/boot.yaml the node's systemd makes them earlier"
                : "no systemd here, so no services: something else has to run `srcroute bootstrap` at boot, and `srcroute watch`");
            return;
        }

        HasUnits = true;
        // systemd would make these directories for the services, and nobody would know whose they are.
        AddParents(NamesFile.PathOf(NamesFileKind.Tables));
        AddParents(NamesFile.PathOf(NamesFileKind.Protocols));
        AddUnit(Units.Bootstrap);
        if (!_node.IsSeenFromPod)
        {
            // Who watches a node of a DaemonSet is its pod.
            AddUnit(Units.Watch);
        }

        if (_node.HasDirectory("/etc/systemd/network") || !_node.At("/usr/lib/systemd/systemd-networkd").IsNothing)
        {
            Add(Item.File(DropIn, _contents("networkd-srcroute.conf"), Ownership.FileMode, OnConflict.KeepForeign));
        }
    }

    private void AddUnit(string unit)
    {
        string file = Units.FileOf(unit), link = Units.LinkTo(unit);
        if (!_node.At(file).IsNothing && _node.At(link).IsNothing)
        {
            _remarks.Add($"left {unit} disabled");
        }
        else
        {
            // The link first: so a unit without one is a unit that somebody has disabled, even after a kill.
            Add(Item.Link(link, file, OnConflict.KeepForeign));
        }

        Add(Item.File(file, _contents(unit), Ownership.FileMode, OnConflict.KeepForeign));
    }

    private void Add(Item item)
    {
        AddParents(item.Path);
        _items.Add(item);
    }

    private void AddParents(string path)
    {
        string parent = Path.GetDirectoryName(path)!;
        if (_node.HasDirectory(parent))
        {
            return;
        }

        if (_node.At(parent) is { IsNothing: false } there)
        {
            throw new InputException($"{parent}: {(there.LeadsTo is { } target ? $"a symbolic link to {target}, where there is no directory" : "not a directory")}");
        }

        if (!_items.Exists(item => item.Path == parent))
        {
            AddParents(parent);
            _items.Add(Item.Directory(parent));
        }
    }
}
