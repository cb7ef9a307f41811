namespace CniSrcRoute;

/// <summary>Bytes of a kernel message that are compared and sent back as they are.</summary>
/// <param name="value">The bytes; taken over, not copied.</param>
public readonly struct OpaqueBytes(byte[] value) : IEquatable<OpaqueBytes>
{
    private readonly byte[]? _value = value;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => _value;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => Span.IsEmpty;

    /// <summary>Compares two values.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether all bytes are the same.</returns>
    public static bool operator ==(OpaqueBytes left, OpaqueBytes right) => left.Equals(right);

    /// <summary>Compares two values.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether any byte differs.</returns>
    public static bool operator !=(OpaqueBytes left, OpaqueBytes right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(OpaqueBytes other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is OpaqueBytes other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>The bytes in hexadecimal.</summary>
    /// <returns>Two digits a byte.</returns>
    public override string ToString() => Convert.ToHexString(Span);
}
