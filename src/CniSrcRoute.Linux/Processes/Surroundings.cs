using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Processes;

/// <summary>What a process finds around it: the tree of files it sees, and the permissions its own files begin with.</summary>
public static class Surroundings
{
    /// <summary>Whether this is a container of a Kubernetes pod, by the variable that the kubelet gives each of them.</summary>
    public static bool AreOfPod => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"));

    /// <summary>Makes a directory the root of all paths, symbolic links in there included (chroot(2)).</summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="IOException">It is none, or the system refused.</exception>
    public static void EnterRoot(string directory)
    {
        if (Libc.chroot(directory) != 0)
        {
            string reason = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
            throw new IOException($"{directory}: {reason}; chroot(2) needs root, in a container the capability CAP_SYS_CHROOT");
        }

        Directory.SetCurrentDirectory("/");
    }

    /// <summary>Sets umask(2): the permissions that files and directories do not get when they are made.</summary>
    /// <param name="mask">The permissions.</param>
    public static void Withhold(UnixFileMode mask) => _ = umask((ushort)mask);
}
