using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Netlink.Wire;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink.Events;

/// <summary>Hears of every change of links, addresses, rules, routes and nexthop objects of both families, and of rp_filter.</summary>
public sealed class EventSource : IDisposable
{
    /// <summary>How many events one call takes at most: each may be as many steps as there are tables.</summary>
    public const int MostAtOnce = 1024;

    private readonly NetlinkSocket _socket;
    private readonly byte[] _buffer = new byte[64 << 10];

    /// <summary>Begins to listen.</summary>
    /// <param name="own">The address of the socket of our own changes, whose echoes are dropped in the kernel.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public EventSource(uint own)
        : this(
            Constants.RTNLGRP_IPV4_ROUTE,
            Constants.RTNLGRP_IPV6_ROUTE,
            Constants.RTNLGRP_LINK,
            Constants.RTNLGRP_IPV4_IFADDR,
            Constants.RTNLGRP_IPV6_IFADDR,
            Constants.RTNLGRP_IPV4_RULE,
            Constants.RTNLGRP_IPV6_RULE,
            Constants.RTNLGRP_IPV4_NETCONF,
            Constants.RTNLGRP_NEXTHOP) =>
        _socket.DropMessagesOf(own);

    private EventSource(params ReadOnlySpan<int> groups) => _socket = new NetlinkSocket(groups);

    /// <summary>Begins to listen to changes of routes alone, whoever makes them.</summary>
    /// <returns>Hears of them.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public static EventSource OfRoutes() => new(Constants.RTNLGRP_IPV4_ROUTE, Constants.RTNLGRP_IPV6_ROUTE);

    /// <summary>What poll(2) wants.</summary>
    public int Descriptor => _socket.Descriptor;

    /// <summary>Waits until there is an event.</summary>
    /// <param name="timeout">How long at most.</param>
    public void Wait(TimeSpan timeout) => _socket.Wait(timeout);

    /// <summary>Takes the events received so far, without waiting; what is more than <see cref="MostAtOnce"/> waits in the kernel for the next time.</summary>
    /// <param name="events">Where to add it.</param>
    public void Drain(ICollection<KernelEvent> events)
    {
        while (events.Count < MostAtOnce && _socket.Wait(TimeSpan.Zero))
        {
            try
            {
                var reader = new MessageReader(_buffer.AsSpan(0, _socket.Receive(_buffer)));
                while (reader.Next())
                {
                    if (Decode(reader) is { } received)
                    {
                        events.Add(received with { PortId = reader.Header.PortId });
                    }
                }
            }
            catch (NetlinkException e) when (e.Errno == ENOBUFS)
            {
                events.Add(new OverrunEvent());
            }
        }
    }

    /// <summary>Discards the events received so far: what is read from now on includes them.</summary>
    public void Discard()
    {
        while (_socket.Wait(TimeSpan.Zero))
        {
            try
            {
                _socket.Receive(_buffer);
            }
            catch (NetlinkException e) when (e.Errno == ENOBUFS)
            {
                // Lost, or thrown away: it is the same.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>struct netconfmsg is the family and padding; attributes that were not set are missing.</summary>
    private static RpFilterEvent? DecodeSettings(ReadOnlySpan<byte> payload)
    {
        int? link = null;
        byte? filter = null;
        var attributes = new AttributeReader(payload[Math.Min(4, payload.Length)..]);
        while (attributes.Next())
        {
            if (attributes.Type == Constants.NETCONFA_IFINDEX)
            {
                link = (int)attributes.UInt32;
            }
            else if (attributes.Type == Constants.NETCONFA_RP_FILTER)
            {
                filter = (byte)attributes.UInt32;
            }
        }

        return filter is { } value && link is { } index ? new RpFilterEvent(index == Constants.NETCONFA_IFINDEX_ALL ? null : index, value) : null;
    }

    private static KernelEvent? Decode(MessageReader message)
    {
        switch (message.Header.Type)
        {
            case Constants.RTM_NEWLINK or Constants.RTM_DELLINK:
                return LinkCodec.TryDecode(message.Payload, out Link link) ? new LinkEvent(message.Header.Type == Constants.RTM_DELLINK, link) : null;
            case Constants.RTM_NEWADDR or Constants.RTM_DELADDR:
                return AddressCodec.TryDecode(message.Payload, out Address address)
                    ? new AddressEvent(message.Header.Type == Constants.RTM_DELADDR, address)
                    : null;
            case Constants.RTM_NEWRULE or Constants.RTM_DELRULE:
                return RuleCodec.TryDecode(message.Payload, out Rule rule) ? new RuleEvent(message.Header.Type == Constants.RTM_DELRULE, rule) : null;
            case Constants.RTM_NEWROUTE or Constants.RTM_DELROUTE:
                return RouteCodec.TryDecode(message.Payload, out TableId table, out Route route)
                    ? new RouteEvent(message.Header.Type == Constants.RTM_DELROUTE, (message.Header.Flags & Constants.NLM_F_REPLACE) != 0, table, route)
                    : null;
            case Constants.RTM_NEWNETCONF:
                return DecodeSettings(message.Payload);
            case Constants.RTM_NEWNEXTHOP or Constants.RTM_DELNEXTHOP:
                return new NexthopEvent();
            default:
                return null;
        }
    }
}
