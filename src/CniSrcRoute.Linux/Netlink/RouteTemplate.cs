using CniSrcRoute.Netlink.Codecs;

namespace CniSrcRoute.Netlink;

/// <summary>A route's message that has been read: of those of a large table most differ from one of the last few in the destination alone, and need no reading.</summary>
internal sealed class RouteTemplate
{
    /// <summary>Where rtm_dst_len stands in struct rtmsg, behind rtm_family.</summary>
    private const int LengthAt = 1;

    private byte[] _message = [];
    private int _length;
    private int _destinationAt;
    private int _behindDestination;
    private RouteShape _route;
    private ushort _kind;

    /// <summary>Becomes another message.</summary>
    /// <param name="payload">The message.</param>
    /// <param name="route">What has been read in it.</param>
    /// <param name="kind">The number of its kind.</param>
    public void Set(ReadOnlySpan<byte> payload, RouteShape route, ushort kind)
    {
        if (_message.Length < payload.Length)
        {
            _message = new byte[payload.Length];
        }

        payload.CopyTo(_message);
        (_length, _route, _kind) = (payload.Length, route, kind);
        _destinationAt = route.DestinationAt;
        _behindDestination = route.DestinationAt + (route.Destination.Address.Bits / 8);
    }

    /// <summary>Reads a message that is this one but for the destination.</summary>
    /// <param name="payload">The message.</param>
    /// <param name="route">Its route, when the answer is true.</param>
    /// <returns>False for any other message.</returns>
    public bool TryRead(ReadOnlySpan<byte> payload, out CompactRoute route)
    {
        if (payload.Length != _length || payload[0] != _message[0] || payload[LengthAt] - 1u >= (uint)_route.Destination.Address.Bits ||
            !payload[(LengthAt + 1).._destinationAt].SequenceEqual(_message.AsSpan((LengthAt + 1).._destinationAt)) ||
            !payload[_behindDestination..].SequenceEqual(_message.AsSpan(_behindDestination.._length)))
        {
            route = default;
            return false;
        }

        IpAddress address = IpAddress.FromBytes(payload[_destinationAt.._behindDestination]);
        route = new CompactRoute(address.High, address.Low, _kind, payload[LengthAt]);
        return true;
    }
}
