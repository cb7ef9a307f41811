using System.Runtime.InteropServices;

namespace CniSrcRoute.Netlink.Wire;

/// <summary>
/// Writes messages one after the other into a buffer. What does not fit sets <see cref="Overflowed"/> and writes nothing more, so that the caller
/// can send what is complete and write the message again.
/// </summary>
/// <param name="buffer">Where to write.</param>
internal ref struct MessageWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _message;

    /// <summary>The number of bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Whether something did not fit.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Begins a message: struct nlmsghdr of &lt;linux/netlink.h&gt;; its length is set by <see cref="End"/>.</summary>
    public void Begin(int type, int flags, uint sequence)
    {
        _message = Length;
        Write(0);
        Write((ushort)type);
        Write((ushort)flags);
        Write(sequence);
        Write(0);
    }

    /// <summary>Ends the message.</summary>
    public void End() => Patch32(_message, Length - _message);

    /// <summary>Writes a number, or a fixed header, as it lies in memory.</summary>
    public void Write<T>(T value)
        where T : unmanaged
    {
        if (Room(System.Runtime.CompilerServices.Unsafe.SizeOf<T>()) is { IsEmpty: false } place)
        {
            MemoryMarshal.Write(place, value);
        }
    }

    /// <summary>Writes bytes, and zeros up to the next multiple of 4.</summary>
    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        Span<byte> place = Room(AttributeReader.Align(bytes.Length));
        if (!place.IsEmpty)
        {
            bytes.CopyTo(place);
            place[bytes.Length..].Clear();
        }
    }

    /// <summary>Writes an attribute with a number of 4 bytes.</summary>
    public void Attribute(int type, uint value)
    {
        int token = BeginNested(type);
        Write(value);
        EndNested(token);
    }

    /// <summary>Writes an attribute with bytes.</summary>
    public void Attribute(int type, scoped ReadOnlySpan<byte> value)
    {
        Write((ushort)(4 + value.Length));
        Write((ushort)type);
        Write(value);
    }

    /// <summary>Writes an attribute with an address.</summary>
    public void Attribute(int type, IpAddress value)
    {
        Span<byte> bytes = stackalloc byte[16];
        Attribute(type, bytes[..value.WriteBytes(bytes)]);
    }

    /// <summary>Begins an attribute that holds others.</summary>
    /// <returns>What <see cref="EndNested"/> wants back.</returns>
    public int BeginNested(int type)
    {
        int token = Length;
        Write((ushort)0);
        Write((ushort)type);
        return token;
    }

    /// <summary>Ends an attribute, or a struct rtnexthop, whose first two bytes are its length.</summary>
    public readonly void EndNested(int token)
    {
        if (!Overflowed)
        {
            MemoryMarshal.Write(_buffer[token..], (ushort)(Length - token));
        }
    }

    /// <summary>Takes back everything from a position on, and the overflow with it.</summary>
    public void Rewind(int length)
    {
        Length = length;
        Overflowed = false;
    }

    private readonly void Patch32(int offset, int value)
    {
        if (!Overflowed)
        {
            MemoryMarshal.Write(_buffer[offset..], value);
        }
    }

    private Span<byte> Room(int count)
    {
        if (Overflowed || count > _buffer.Length - Length)
        {
            Overflowed = true;
            return default;
        }

        Span<byte> place = _buffer.Slice(Length, count);
        Length += count;
        return place;
    }
}
