using System.Text;
using CniSrcRoute.Files;
using CniSrcRoute.Node;

namespace CniSrcRoute.Install;

/// <summary>The file of the <see cref="InstallRecord"/>, and the directory that comes and goes with it in one step.</summary>
internal static class RecordFile
{
    /// <summary>Reads it.</summary>
    /// <returns>The record; an empty one when there is none.</returns>
    /// <exception cref="InputException">It is not understood, or others than root may write it.</exception>
    public static InstallRecord Read() => InstallRecord.Parse(Encoding.UTF8.GetString(NodeFiles.ReadTrusted(InstallRecord.File) ?? []));

    /// <summary>Writes it, the directory as well when it is not there.</summary>
    public static void Write(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (Directory.Exists(InstallRecord.OwnDirectory))
        {
            AtomicFile.Write(InstallRecord.File, bytes, Ownership.FileMode, outlastsPowerFailure: true);
            return;
        }

        RemoveRemains();
        AtomicFile.MakeDirectory(InstallRecord.TemporaryDirectory);
        AtomicFile.Write(InstallRecord.TemporaryDirectory + "/installed", bytes, Ownership.FileMode, outlastsPowerFailure: true);
        FileName.Change(InstallRecord.TemporaryDirectory, InstallRecord.OwnDirectory);
    }

    /// <summary>Removes it, and the directory if nothing else is in it: the directory is ours, and a kubelet makes it for the pod before install runs.</summary>
    public static void Remove()
    {
        if (Directory.EnumerateFileSystemEntries(InstallRecord.OwnDirectory).All(entry => entry == InstallRecord.File))
        {
            FileName.Change(InstallRecord.OwnDirectory, InstallRecord.TemporaryDirectory);
            RemoveRemains();
            return;
        }

        File.Delete(InstallRecord.File);
    }

    /// <summary>Removes what a kill left of the directory.</summary>
    public static void RemoveRemains()
    {
        if (Directory.Exists(InstallRecord.TemporaryDirectory))
        {
            File.Delete(InstallRecord.TemporaryDirectory + "/installed" + Ownership.TemporarySuffix);
            File.Delete(InstallRecord.TemporaryDirectory + "/installed");
            FileName.RemoveDirectory(InstallRecord.TemporaryDirectory);
        }
    }
}
