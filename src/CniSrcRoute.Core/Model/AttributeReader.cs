using System.Runtime.InteropServices;

namespace CniSrcRoute;

/// <summary>
/// Walks the attributes (struct nlattr, netlink(7)) of a message, or of a part of one that is kept as it came (<see cref="OpaqueBytes"/>). Every access is checked against the bytes there are: what is cut short reads as
/// absent and ends the walk, so a broken message can do no more than miss an attribute.
/// </summary>
/// <param name="attributes">The bytes after the fixed header.</param>
public ref struct AttributeReader(ReadOnlySpan<byte> attributes)
{
    /// <summary>NLA_TYPE_MASK of &lt;linux/netlink.h&gt;: a type without the nested and byte-order flags.</summary>
    public const int TypeMask = 0x3fff;

    private const int HeaderLength = 4;

    private ReadOnlySpan<byte> _rest = attributes;

    /// <summary>The current attribute's type, without the nested and byte-order flags.</summary>
    public int Type { get; private set; }

    /// <summary>The current attribute's payload.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The current attribute with its header, without padding.</summary>
    public ReadOnlySpan<byte> Raw { get; private set; }

    /// <summary>Whether nothing is left behind the current attribute.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>The payload as a number of 1 byte; 0 when it is shorter.</summary>
    public readonly byte Byte => Value.Length < 1 ? (byte)0 : Value[0];

    /// <summary>The payload as a number of 2 bytes; 0 when it is shorter.</summary>
    public readonly ushort UInt16 => Value.Length < 2 ? (ushort)0 : MemoryMarshal.Read<ushort>(Value);

    /// <summary>The payload as a number of 4 bytes; 0 when it is shorter.</summary>
    public readonly uint UInt32 => Value.Length < 4 ? 0 : MemoryMarshal.Read<uint>(Value);

    /// <summary>The payload as text, without the closing zero.</summary>
    public readonly string Text => System.Text.Encoding.UTF8.GetString(Value.TrimEnd((byte)0));

    /// <summary>Goes to the next attribute.</summary>
    /// <returns>False at the end, and where the rest is too short to be one.</returns>
    public bool Next()
    {
        if (_rest.Length < HeaderLength)
        {
            return false;
        }

        int length = MemoryMarshal.Read<ushort>(_rest);
        if (length < HeaderLength || length > _rest.Length)
        {
            return false;
        }

        Type = MemoryMarshal.Read<ushort>(_rest[2..]) & TypeMask;
        Raw = _rest[..length];
        Value = _rest[HeaderLength..length];
        _rest = _rest[Math.Min(Align(length), _rest.Length)..];
        return true;
    }

    /// <summary>NLA_ALIGN of &lt;linux/netlink.h&gt;; RTA_ALIGN and NLMSG_ALIGN are the same.</summary>
    /// <param name="length">In bytes.</param>
    /// <returns>The length with its padding.</returns>
    public static int Align(int length) => (length + 3) & ~3;
}
