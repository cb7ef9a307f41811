using System.Runtime.InteropServices;
using CniSrcRoute.Interop;

namespace CniSrcRoute.Netlink.Wire;

/// <summary>Walks the messages of a datagram. A length that does not fit the bytes there are ends the walk.</summary>
/// <param name="datagram">What was received.</param>
internal ref struct MessageReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    /// <summary>The current message's header.</summary>
    public NlMsgHdr Header { get; private set; }

    /// <summary>The current message without its header.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>
    /// Whether the current message says that the kernel refused, or did, what a request asked: NLMSG_ERROR, and NLMSG_DONE, which ends a dump.
    /// </summary>
    public readonly bool IsResult => Header.Type is Constants.NLMSG_ERROR or Constants.NLMSG_DONE;

    /// <summary>The errno of a result, positive; 0 for success.</summary>
    public readonly int Errno => Payload.Length < 4 ? 0 : -MemoryMarshal.Read<int>(Payload);

    /// <summary>The kernel's own words in a result; null for none.</summary>
    public readonly string? Words
    {
        get
        {
            // NLMSG_ERROR: int, then the request's header, and its payload unless capped. NLMSG_DONE: int. The attributes follow.
            int offset = 4;
            if (Header.Type == Constants.NLMSG_ERROR && MemoryMarshal.TryRead(Payload[Math.Min(4, Payload.Length)..], out NlMsgHdr request))
            {
                offset += (Header.Flags & Constants.NLM_F_CAPPED) != 0 ? NlMsgHdr.Size : (int)Math.Min(request.Length, (uint)Payload.Length);
            }

            if ((Header.Flags & Constants.NLM_F_ACK_TLVS) == 0 || offset > Payload.Length)
            {
                return null;
            }

            var attributes = new AttributeReader(Payload[offset..]);
            while (attributes.Next())
            {
                if (attributes.Type == Constants.NLMSGERR_ATTR_MSG)
                {
                    return attributes.Text;
                }
            }

            return null;
        }
    }

    /// <summary>Goes to the next message.</summary>
    /// <returns>False at the end.</returns>
    public bool Next()
    {
        if (!MemoryMarshal.TryRead(_rest, out NlMsgHdr header) || header.Length < NlMsgHdr.Size || header.Length > _rest.Length)
        {
            return false;
        }

        Header = header;
        Payload = _rest[NlMsgHdr.Size..(int)header.Length];
        _rest = _rest[Math.Min(AttributeReader.Align((int)header.Length), _rest.Length)..];
        return true;
    }
}
