using System.Security.Cryptography;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Install;

/// <summary>The files of a node, in a directory of their own, for --root.</summary>
internal sealed class Tree : IDisposable
{
    public const string Plugin = "/opt/cni/bin/srcroute";

    public const string Conflist =
        "{\n  \"name\": \"cbr0\",\n  \"cniVersion\": \"1.0.0\",\n  \"plugins\": [\n    { \"type\": \"flannel\" },\n    { \"type\": \"portmap\" }\n  ]\n}\n";

    private readonly string _root = Directory.CreateTempSubdirectory("srcroute-tree-").FullName;

    public Tree()
    {
        Sh("chmod 755 .");
        Make("etc");
    }

    public void Dispose()
    {
        Sh("rm -rf --one-file-system \"$PWD\"");
        File.Delete(_root + ".older");
    }

    /// <summary>An older version: another program, with another unit and another configuration in it.</summary>
    public string Older()
    {
        Sh(
            "LC_ALL=C sed 's/^RestartSec=1$/RestartSec=9/; " +
            $"s/the usual node needs none/the usual node needs n*ne/' {Requirements.Binary} >{_root}.older; chmod 755 {_root}.older");
        return _root + ".older";
    }

    /// <summary>Runs a shell script in the root directory.</summary>
    public string Sh(string script) => Job.Start(["sh", "-euc", $"cd {_root}\n{script}"]).Finish().Quietly().Output;

    /// <summary>Makes directories.</summary>
    public Tree Make(params string[] directories)
    {
        Array.ForEach(directories, directory => Directory.CreateDirectory(At(directory)));
        return this;
    }

    public Tree Write(string path, string text, string mode = "644")
    {
        Make(Path.GetDirectoryName(path)!);
        File.WriteAllText(At(path), text);
        Sh($"chmod {mode} .{(path.StartsWith('/') ? "" : "/")}{path}");
        return this;
    }

    public Tree Link(string path, string target)
    {
        Make(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(At(path), target);
        return this;
    }

    public string Read(string path) => File.ReadAllText(At(path));

    public bool Has(string path) => File.Exists(At(path)) || Directory.Exists(At(path));

    /// <summary>Runs srcroute on the tree.</summary>
    /// <param name="arguments">The verb and its arguments, --root apart.</param>
    /// <param name="binary">The program, the one as it is shipped for null.</param>
    public Outcome Srcroute(string arguments, string? binary = null) => Job.Start(Words(arguments, binary)).Finish();

    /// <summary>How srcroute is run on the tree.</summary>
    public IEnumerable<string> Words(string arguments, string? binary = null) => [binary ?? Requirements.Binary, .. arguments.Split(' '), "--root", _root];

    /// <summary>A line for everything there is: its path, kind, mode, and what it holds.</summary>
    public string Snapshot() => string.Join('\n', Entries("").Order(StringComparer.Ordinal));

    /// <summary>Asserts that no runtime finds a plugin named that is not there, and whole.</summary>
    /// <param name="binaries">The programs that the plugin may be.</param>
    /// <param name="when">When this is looked at, for people.</param>
    public void AssertWorks(IEnumerable<string> binaries, string when)
    {
        string named = Sh(
            "grep -rls '\"srcroute\"' --include='*.conf' --include='*.conflist' --include='*.json' etc/cni var/lib/rancher/k3s/agent || true").Trim();
        bool isK3s = named.Contains("rancher", StringComparison.Ordinal);
        string[] directories = !isK3s ? ["/opt/cni/bin", .. UsedByOthers()]
            : Has("/var/lib/rancher/k3s/data/cni/bridge") ? ["/var/lib/rancher/k3s/data/cni"]
            : ["/var/lib/rancher/k3s/data/current/bin"];
        foreach (string directory in named.Length > 0 ? directories : [])
        {
            string found = Hash(At(Resolve($"{directory}/srcroute")));
            Assert.True(binaries.Any(binary => Hash(binary) == found), $"{when}: {named} names a plugin that is not in {directory}, or not whole");
        }
    }

    private IEnumerable<string> UsedByOthers() => ((string[])["/usr/lib/cni", "/usr/libexec/cni"]).Where(directory => Has($"{directory}/bridge"));

    private static string Hash(string file) => File.Exists(file) ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))) : "";

    // As the kernel would do with the root directory as its root.
    private string Resolve(string path)
    {
        string resolved = "";
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string next = $"{resolved}/{name}";
            string? target = new FileInfo(At(next)).LinkTarget;
            resolved = target is null ? next : Resolve(Path.GetFullPath(target, resolved));
        }

        return resolved;
    }

    private string At(string path) => $"{_root}/{path}";

    private IEnumerable<string> Entries(string directory)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(At(directory)).EnumerateFileSystemInfos())
        {
            string path = $"{directory}/{entry.Name}", mode = Convert.ToString((int)entry.UnixFileMode, 8);
            if (entry.LinkTarget is { } target)
            {
                yield return $"{path} link {target}";
            }
            else if (entry is FileInfo)
            {
                yield return $"{path} file {mode} {Hash(entry.FullName)}";
            }
            else
            {
                yield return $"{path} directory {mode}";
                foreach (string below in Entries(path))
                {
                    yield return below;
                }
            }
        }
    }
}
