using CniSrcRoute.Interop;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>The attributes of a thing, looked up by their type. What is absent, or cut short, is 0 or empty.</summary>
/// <param name="attributes">The attributes.</param>
internal readonly ref struct Fields(ReadOnlySpan<byte> attributes)
{
    private readonly ReadOnlySpan<byte> _attributes = attributes;

    /// <summary>Whether there is such an attribute, with anything in it.</summary>
    public bool Has(int type) => !Nested(type).IsEmpty;

    /// <summary>An attribute's payload.</summary>
    public ReadOnlySpan<byte> Nested(int type)
    {
        var reader = new AttributeReader(_attributes);
        while (reader.Next())
        {
            if (reader.Type == type)
            {
                return reader.Value;
            }
        }

        return default;
    }

    /// <summary>A number of 4 bytes in network order.</summary>
    public uint Number(int type) => System.Buffers.Binary.BinaryPrimitives.TryReadUInt32BigEndian(Nested(type), out uint value) ? value : 0;

    /// <summary>A number of 8 bytes in network order.</summary>
    public ulong Long(int type) => System.Buffers.Binary.BinaryPrimitives.TryReadUInt64BigEndian(Nested(type), out ulong value) ? value : 0;

    /// <summary>A name.</summary>
    public string Text(int type) => System.Text.Encoding.UTF8.GetString(Nested(type).TrimEnd((byte)0));

    /// <summary>NFTA_DATA_VALUE of a nested attribute.</summary>
    public OpaqueBytes Data(int type) => new(new Fields(Nested(type)).Nested(Constants.NFTA_DATA_VALUE).ToArray());
}
