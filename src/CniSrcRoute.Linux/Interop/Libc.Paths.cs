using System.Runtime.InteropServices.Marshalling;
using Tmds.Linux;

namespace CniSrcRoute.Interop;

/// <content>Calls of Tmds.LibC that take a path, with the path as a string.</content>
internal static unsafe partial class Libc
{
    internal static int open(string path, int flags, mode_t mode)
    {
        using var name = new CString(path);
        return LibC.open(name.Bytes, flags, mode);
    }

    internal static int access(string path, int mode)
    {
        using var name = new CString(path);
        return LibC.access(name.Bytes, mode);
    }

    internal static int link(string existing, string second)
    {
        using var from = new CString(existing);
        using var to = new CString(second);
        return LibC.link(from.Bytes, to.Bytes);
    }

    internal static int rmdir(string directory)
    {
        using var name = new CString(directory);
        return LibC.rmdir(name.Bytes);
    }

    internal static int openat(int directory, string name, int flags, mode_t mode)
    {
        using var bytes = new CString(name);
        return LibC.openat(directory, bytes.Bytes, flags, mode);
    }

    internal static int unlinkat(int directory, string name, int flags)
    {
        using var bytes = new CString(name);
        return LibC.unlinkat(directory, bytes.Bytes, flags);
    }

    internal static int chroot(string directory)
    {
        using var name = new CString(directory);
        return LibC.chroot(name.Bytes);
    }

    internal static int statx(int directory, string path, int flags, uint mask, out statx status)
    {
        using var name = new CString(path);
        fixed (statx* bytes = &status)
        {
            return LibC.statx(directory, name.Bytes, flags, mask, bytes);
        }
    }

    /// <summary>A string as C has it: UTF-8 with a zero behind it.</summary>
    private readonly ref struct CString(string text) : IDisposable
    {
        public readonly byte* Bytes = Utf8StringMarshaller.ConvertToUnmanaged(text);

        public void Dispose() => Utf8StringMarshaller.Free(Bytes);
    }
}
