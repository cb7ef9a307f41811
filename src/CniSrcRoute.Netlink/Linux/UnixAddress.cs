using System.Text;
using CniSrcRoute.Netlink.Interop;

namespace CniSrcRoute.Linux;

/// <summary>struct sockaddr_un of &lt;sys/un.h&gt; (unix(7)).</summary>
internal unsafe struct UnixAddress
{
    /// <summary>sizeof(sun_path).</summary>
    private const int PathSize = 108;

    private fixed byte _bytes[2 + PathSize];

    private UnixAddress(int length) => Length = (uint)length;

    /// <summary>How many bytes of it count.</summary>
    public uint Length { get; }

    /// <summary>Makes an address.</summary>
    /// <param name="path">A path, or @ and a name in the abstract namespace.</param>
    /// <param name="address">The address, when the answer is true.</param>
    /// <returns>False when the path is too long.</returns>
    public static bool TryMake(string path, out UnixAddress address)
    {
        int count = Encoding.UTF8.GetByteCount(path);
        bool isAbstract = path.StartsWith('@');

        // An abstract name has the length it has; a path ends with a zero.
        address = new UnixAddress(2 + count + (isAbstract ? 0 : 1));
        if (count >= PathSize)
        {
            return false;
        }

        fixed (byte* bytes = address._bytes)
        {
            *(ushort*)bytes = Constants.AF_UNIX;
            Encoding.UTF8.GetBytes(path, new Span<byte>(bytes + 2, PathSize));
            bytes[2] = isAbstract ? (byte)0 : bytes[2];
        }

        return true;
    }
}
