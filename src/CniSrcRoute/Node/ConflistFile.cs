using System.Text;
using CniSrcRoute.Conflist;

namespace CniSrcRoute.Node;

/// <summary>A file of the runtime's network configurations, changed in one step: a runtime reads the old one or the new one.</summary>
/// <param name="path">The file.</param>
internal sealed class ConflistFile(string path)
{
    /// <summary>What a .conf file is called while the list that was made of it stands in its place.</summary>
    private const string AsideSuffix = ".before-srcroute";

    /// <summary>Where runtimes look, k3s in a directory of its own.</summary>
    private static readonly string[] Directories = ["/etc/cni/net.d", "/var/lib/rancher/k3s/agent/etc/cni/net.d"];

    private string ListPath => IsSingle ? path + "list" : path;

    private string AsidePath => path + AsideSuffix;

    private bool IsSingle => path.EndsWith(".conf", StringComparison.Ordinal);

    /// <summary>The file that a runtime takes: the first by name in the first directory that holds any.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static string Find() =>
        Directories.Where(Directory.Exists).Select(First).OfType<string>().FirstOrDefault()
        ?? throw new InputException($"no network configuration in {string.Join(" or ", Directories)}; name the file");

    /// <summary>Whether our entry stands in it.</summary>
    /// <exception cref="InputException">The file is missing, or not understood.</exception>
    public bool HasEntry() => !(IsSingle && File.Exists(path)) && ConflistText.Parse(ListPath, Read(ListPath)).HasEntry;

    /// <summary>Puts our entry in.</summary>
    /// <returns>Whether it was not there.</returns>
    /// <exception cref="InputException">The file is missing, or not understood.</exception>
    public bool Add()
    {
        if (IsSingle && File.Exists(path))
        {
            string list = SinglePlugin.ToList(path, Read(path));
            if (File.Exists(ListPath))
            {
                throw new InputException($"{path}: {ListPath} stands beside it; a runtime takes one of them, so remove the other, or name the list");
            }

            // The list is there before the single plugin goes, whose name sorts before it: at no moment there is none.
            AtomicFile.Write(ListPath, list, File.GetUnixFileMode(path));
            File.Move(path, AsidePath, overwrite: true);
            return true;
        }

        string text = Read(ListPath);
        return Replace(text, ConflistText.Parse(ListPath, text).WithEntry());
    }

    /// <summary>Takes our entry out.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="InputException">The file is missing, or not understood.</exception>
    public bool Remove()
    {
        if (IsSingle && File.Exists(AsidePath))
        {
            if (Read(ListPath) != SinglePlugin.ToList(path, Read(AsidePath)))
            {
                throw new InputException($"{ListPath}: has been changed since it was made of {AsidePath}; put back what you want to keep by hand");
            }

            File.Move(AsidePath, path, overwrite: true);
            File.Delete(ListPath);
            return true;
        }

        if (IsSingle && File.Exists(path))
        {
            return false;
        }

        string text = Read(ListPath);
        return Replace(text, ConflistText.Parse(ListPath, text).WithoutEntry());
    }

    private static string? First(string directory) =>
        Directory.EnumerateFiles(directory).Where(file => Path.GetExtension(file) is ".conf" or ".conflist" or ".json").Order(StringComparer.Ordinal).FirstOrDefault();

    private static string Read(string file)
    {
        try
        {
            // What is not UTF-8 is refused: written back, it would be something else.
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(file));
        }
        catch (DecoderFallbackException)
        {
            throw new InputException($"{file}: not UTF-8");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: the file cannot be read");
        }
    }

    private bool Replace(string before, string after)
    {
        if (before == after)
        {
            return false;
        }

        // A symbolic link stays one.
        string file = File.ResolveLinkTarget(ListPath, returnFinalTarget: true)?.FullName ?? ListPath;
        AtomicFile.Write(file, after, File.GetUnixFileMode(file));
        return true;
    }
}
