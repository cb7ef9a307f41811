using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Sockets;

/// <summary>The address of a unix socket (unix(7)).</summary>
internal unsafe struct UnixAddress
{
    /// <summary>What the kernel is given.</summary>
    public sockaddr_un Name;

    private UnixAddress(int length) => Length = (uint)length;

    /// <summary>How many bytes of it count.</summary>
    public socklen_t Length { get; }

    /// <summary>Makes an address.</summary>
    /// <param name="path">A path, or @ and a name in the abstract namespace.</param>
    /// <param name="address">The address, when the answer is true.</param>
    /// <returns>False when the path is too long.</returns>
    public static bool TryMake(string path, out UnixAddress address)
    {
        int count = Encoding.UTF8.GetByteCount(path);
        bool isAbstract = path.StartsWith('@');

        // An abstract name has the length it has; a path ends with a zero.
        address = new UnixAddress(sizeof(sa_family_t) + count + (isAbstract ? 0 : 1));
        if (count >= sockaddr_un.sun_path_length)
        {
            return false;
        }

        address.Name.sun_family = AF_UNIX;
        fixed (byte* bytes = address.Name.sun_path)
        {
            Encoding.UTF8.GetBytes(path, new Span<byte>(bytes, sockaddr_un.sun_path_length));
            bytes[0] = isAbstract ? (byte)0 : bytes[0];
        }

        return true;
    }
}
