using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Nftables;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Nftables;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink.Events;

/// <summary>Receives the events of every nftables transaction, and reports those that touched our table, and that others were touched.</summary>
public sealed class NftablesEventSource : IDisposable
{
    private readonly NetlinkSocket _socket = NetlinkSocket.OfNetfilter(Constants.NFNLGRP_NFTABLES);
    private readonly byte[] _buffer = new byte[64 << 10];
    private bool _touched;
    private bool _touchedOthers;

    /// <summary>Begins to listen.</summary>
    /// <param name="own">The address of the socket of our own changes, whose echoes are dropped in the kernel.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public NftablesEventSource(uint own) => _socket.DropMessagesOf(own);

    /// <summary>What poll(2) wants.</summary>
    public int Descriptor => _socket.Descriptor;

    /// <summary>Whether a table of others has changed since this was set to false.</summary>
    public bool HaveOthersChanged { get; set; }

    /// <summary>Takes the events received so far, without waiting.</summary>
    /// <returns>The name of the program that touched our table last, empty when it cannot be known; null when nobody did.</returns>
    public string? Drain()
    {
        string? program = null;
        while (_socket.Wait(TimeSpan.Zero))
        {
            try
            {
                var reader = new MessageReader(_buffer.AsSpan(0, _socket.Receive(_buffer)));
                while (reader.Next())
                {
                    program = Take(reader) ?? program;
                }
            }
            catch (NetlinkException e) when (e.Errno == ENOBUFS)
            {
                program ??= "";
                HaveOthersChanged = true;
            }
        }

        return program;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>A transaction is an event for each object, all of which name their table in their first attribute, and at its end one for its new generation.</summary>
    private string? Take(MessageReader message)
    {
        var fields = new Fields(message.Payload[Math.Min(4, message.Payload.Length)..]);
        if (message.Header.Type != ((Constants.NFNL_SUBSYS_NFTABLES << 8) | Constants.NFT_MSG_NEWGEN))
        {
            bool isOurs = message.Payload is [Constants.NFPROTO_INET, ..] && fields.Text(Constants.NFTA_TABLE_NAME) == NftTable.Name;
            _touched |= isOurs;
            _touchedOthers |= !isOurs;
            return null;
        }

        bool ours = _touched;
        HaveOthersChanged |= _touchedOthers;
        (_touched, _touchedOthers) = (false, false);
        return ours ? fields.Text(Constants.NFTA_GEN_PROC_NAME) : null;
    }
}
