using CniSrcRoute.Configuration;
using CniSrcRoute.Files;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;
using CniSrcRoute.Processes;

namespace CniSrcRoute.Install;

/// <summary>What shall stand on this node, in the order of putting it there: what needs something comes after it.</summary>
internal sealed class Layout
{
    /// <summary>The plugin, where runtimes look for it and the units as well.</summary>
    public const string Binary = PluginDirectories.Usual + "/srcroute";

    /// <summary>What keeps systemd-networkd from throwing rules away.</summary>
    public const string DropIn = "/etc/systemd/networkd.conf.d/srcroute.conf";

    private const string PeoplesBinaries = "/usr/local/sbin";

    private const UnixFileMode Executable = AtomicFile.Public | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly List<Item> _items = [];

    private readonly List<string> _pluginDirectories = [PluginDirectories.Usual];

    private readonly Procedure _procedure;

    /// <summary>Looks what kind of node this is.</summary>
    /// <param name="binary">The program.</param>
    /// <param name="procedure">Says why something is not in it.</param>
    public Layout(byte[] binary, Procedure procedure)
    {
        _procedure = procedure;
        Add(Item.File(Binary, binary, Executable, OnConflict.SetAside));
        AddPluginLinks();
        if (Directory.Exists(PeoplesBinaries) && Privilege.MayWrite(PeoplesBinaries))
        {
            Add(Item.Link($"{PeoplesBinaries}/srcroute", Binary, OnConflict.KeepForeign));
        }

        Add(Item.File(Config.DefaultFile, InstalledFiles.Text("config.json").ToArray(), AtomicFile.Public, OnConflict.Keep));
        AddSystemd();
    }

    public IReadOnlyList<Item> Items => _items;

    /// <summary>Whether the files of systemd's services are in it.</summary>
    public bool HasUnits { get; private set; }

    /// <summary>The link by which a unit is started at boot.</summary>
    public static string LinkTo(string unit) => $"{Systemd.Units}/multi-user.target.wants/{unit}";

    /// <summary>Whether a unit is, or is going to be, started at boot.</summary>
    public bool IsEnabled(string unit) => _items.Exists(item => item.Path == LinkTo(unit));

    /// <summary>Whether the plugin is going to stand in a directory, which may have several names.</summary>
    public bool HasPlugin(string directory) =>
        _pluginDirectories.Exists(one => one == directory || (FileIdentity.Of(one) is { } identity && identity == FileIdentity.Of(directory)));

    private void AddPluginLinks()
    {
        foreach (string directory in PluginDirectories.Find())
        {
            if (HasPlugin(directory))
            {
                continue;
            }

            if (!MayMakeIn(directory))
            {
                _procedure.Say($"left {directory}: nothing can be written there");
                continue;
            }

            if (PluginDirectories.IsOfOneRelease(directory))
            {
                _procedure.Say($"k3s will look elsewhere than in {directory} after its next upgrade: install again then");
            }

            _pluginDirectories.Add(directory);
            Add(Item.Link($"{directory}/srcroute", Binary, OnConflict.SetAside));
        }
    }

    // /usr may be mounted read-only, and what a pod makes where nothing of the node is mounted nobody finds.
    private static bool MayMakeIn(string directory) => Directory.Exists(directory)
        ? Privilege.MayWrite(directory)
        : !Surroundings.AreOfPod && MayMakeIn(Path.GetDirectoryName(directory)!);

    private void AddSystemd()
    {
        if (!Directory.Exists(Systemd.Units) && !Systemd.IsRunning)
        {
            _procedure.Say(Surroundings.AreOfPod
                ? "after a reboot the tables are made when this pod starts, not before: scripts/kubernetes/boot.yaml has the node's systemd make them"
                : "no systemd here, so no services: something else has to run `srcroute bootstrap` at boot, and `srcroute watch`");
            return;
        }

        HasUnits = true;
        // systemd would make these directories for the services, and nobody would know whose they are.
        AddParents(NamesFile.PathOf(NamesFileKind.Tables));
        AddParents(NamesFile.PathOf(NamesFileKind.Protocols));
        AddUnit(Systemd.Bootstrap);
        if (!Surroundings.AreOfPod)
        {
            // Who watches a node of a DaemonSet is its pod.
            AddUnit(Systemd.Watch);
        }

        if (Directory.Exists("/etc/systemd/network") || File.Exists("/usr/lib/systemd/systemd-networkd"))
        {
            Add(Item.File(DropIn, InstalledFiles.Text("networkd-srcroute.conf").ToArray(), AtomicFile.Public, OnConflict.KeepForeign));
        }
    }

    private void AddUnit(string unit)
    {
        string file = $"{Systemd.Units}/{unit}", link = LinkTo(unit);
        if (!Found.At(file).IsNothing && Found.At(link).IsNothing)
        {
            _procedure.Say($"left {unit} disabled");
        }
        else
        {
            // The link first: so a unit without one is a unit that somebody has disabled, even after a kill.
            Add(Item.Link(link, file, OnConflict.KeepForeign));
        }

        Add(Item.File(file, InstalledFiles.Text(unit).ToArray(), AtomicFile.Public, OnConflict.KeepForeign));
    }

    private void Add(Item item)
    {
        AddParents(item.Path);
        _items.Add(item);
    }

    private void AddParents(string path)
    {
        string parent = Path.GetDirectoryName(path)!;
        if (Directory.Exists(parent))
        {
            return;
        }

        if (Found.At(parent) is { IsNothing: false } there)
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
