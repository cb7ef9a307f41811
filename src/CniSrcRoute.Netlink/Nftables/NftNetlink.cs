using CniSrcRoute.Netlink.Interop;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Nftables;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Reads and writes our nftables table. Without nft(8): a container of the one binary has none.</summary>
public sealed class NftNetlink
{
    /// <summary>Room for the table of some dozens of sources: a rule takes some 400 bytes.</summary>
    private const int FewTransactionBytes = 64 << 10;

    /// <summary>What a socket of ours may send at once.</summary>
    private const int MostTransactionBytes = 4 << 20;

    private readonly Conversation _conversation;

    /// <summary>Makes use of a transport.</summary>
    /// <param name="transport">Carries the datagrams, of NETLINK_NETFILTER; not disposed here.</param>
    public NftNetlink(ITransport transport) => _conversation = new Conversation(transport);

    /// <summary>Reads our table.</summary>
    /// <returns>The table; null when there is none.</returns>
    /// <exception cref="NetlinkException">The kernel refused: EPERM without CAP_NET_ADMIN, EINVAL or EOPNOTSUPP without nf_tables.</exception>
    public NftTable? Read()
    {
        ReadOnlySpan<byte> table = _conversation.Ask(
            Message(Constants.NFT_MSG_GETTABLE), (ref MessageWriter writer) => Begin(ref writer, Constants.NFTA_TABLE_NAME), out int errno);
        if (errno == Constants.ENOENT)
        {
            return null;
        }

        if (errno != 0)
        {
            throw new NetlinkException("NFT_MSG_GETTABLE", errno);
        }

        int objects = (int)Attributes(table).Number(Constants.NFTA_TABLE_USE);
        uint flags = Attributes(table).Number(Constants.NFTA_TABLE_FLAGS);

        // Rules of one table can be asked for, chains cannot: so those that have rules are asked for one by one.
        List<NftChain> pieces = _conversation.Dump<NftChain>(
            "NFT_MSG_GETRULE", Message(Constants.NFT_MSG_GETRULE), (ref MessageWriter writer) => Begin(ref writer, Constants.NFTA_RULE_TABLE), TryDecodeRule);
        List<NftChain> chains = [];
        foreach (NftChain piece in pieces)
        {
            int known = chains.FindIndex(chain => chain.Name == piece.Name);
            if (known < 0)
            {
                chains.Add(piece with { Hook = ReadHook(piece.Name) });
            }
            else
            {
                chains[known] = chains[known] with { Rules = [.. chains[known].Rules, .. piece.Rules] };
            }
        }

        return new NftTable(chains, objects - chains.Count, flags);
    }

    /// <summary>Lists the rules of others that write marks.</summary>
    /// <returns>The rules, in the kernel's order.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public List<MarkWrite> ListMarkWrites() => _conversation.Dump<MarkWrite>(
        "NFT_MSG_GETRULE",
        Message(Constants.NFT_MSG_GETRULE),
        (ref MessageWriter writer) => writer.Write(new NfGenMsg(0, 0)),
        MarkWriteCodec.TryDecode);

    /// <summary>Makes our table, in the place of the one there is, in one transaction: a packet meets the one or the other.</summary>
    /// <param name="table">The table; null to remove it.</param>
    /// <exception cref="NetlinkException">The kernel refused, and nothing has changed.</exception>
    public void Replace(NftTable? table)
    {
        for (int bytes = FewTransactionBytes; ; bytes *= 4)
        {
            byte[] buffer = new byte[bytes];
            var writer = new MessageWriter(buffer);
            uint first = _conversation.Sequence + 1;
            int last = Encode(ref writer, table, out uint answered);
            if (!writer.Overflowed)
            {
                // Answers come when the whole is done, or undone: refusals unasked, and of the successes the last one's.
                buffer[last + 6] |= Constants.NLM_F_ACK;
                _conversation.Send(buffer.AsSpan(0, writer.Length));
                Collect(first, answered);
                return;
            }

            if (bytes >= MostTransactionBytes)
            {
                throw new NetlinkException("nf_tables", 0, "the table is longer than a transaction may be");
            }
        }
    }

    /// <summary>Writes the transaction.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="table">The table; null to remove it.</param>
    /// <param name="answered">The number of its last message but the closing one.</param>
    /// <returns>Where that message begins.</returns>
    private int Encode(ref MessageWriter writer, NftTable? table, out uint answered)
    {
        Batch(ref writer, Constants.NFNL_MSG_BATCH_BEGIN);

        // What is not there cannot be deleted; made first, it always is.
        int last = Write(ref writer, Constants.NFT_MSG_NEWTABLE, Constants.NLM_F_CREATE);
        last = Write(ref writer, Constants.NFT_MSG_DELTABLE, 0);
        if (table is not null)
        {
            last = Write(ref writer, Constants.NFT_MSG_NEWTABLE, Constants.NLM_F_CREATE);
            foreach (NftChain chain in table.Chains)
            {
                last = Write(ref writer, chain);
            }

            foreach (NftChain chain in table.Chains)
            {
                foreach (NftRule rule in chain.Rules)
                {
                    last = Write(ref writer, chain.Name, rule);
                }
            }
        }

        answered = _conversation.Sequence;
        Batch(ref writer, Constants.NFNL_MSG_BATCH_END);
        return last;
    }

    private static int Message(int type) => (Constants.NFNL_SUBSYS_NFTABLES << 8) | type;

    private static void Begin(ref MessageWriter writer, int tableAttribute)
    {
        writer.Write(new NfGenMsg(Constants.NFPROTO_INET, 0));
        writer.NameAttribute(tableAttribute, NftTable.Name);
    }

    private static Fields Attributes(ReadOnlySpan<byte> payload) => new(payload[Math.Min(4, payload.Length)..]);

    /// <summary>A rule, as the piece of its chain that it is.</summary>
    private static bool TryDecodeRule(ReadOnlySpan<byte> payload, out NftChain piece)
    {
        Fields fields = Attributes(payload);
        var rule = new NftRule("", ExpressionCodec.Decode(fields.Nested(Constants.NFTA_RULE_EXPRESSIONS)));
        piece = new NftChain(fields.Text(Constants.NFTA_RULE_CHAIN), null, [rule]);
        return true;
    }

    private NftHook? ReadHook(string chain)
    {
        Fields fields = Attributes(_conversation.Ask(Message(Constants.NFT_MSG_GETCHAIN), (ref MessageWriter writer) =>
        {
            Begin(ref writer, Constants.NFTA_CHAIN_TABLE);
            writer.NameAttribute(Constants.NFTA_CHAIN_NAME, chain);
        }, out _));
        var hook = new Fields(fields.Nested(Constants.NFTA_CHAIN_HOOK));
        return fields.Has(Constants.NFTA_CHAIN_HOOK)
            ? new NftHook(
                fields.Text(Constants.NFTA_CHAIN_TYPE),
                hook.Number(Constants.NFTA_HOOK_HOOKNUM),
                (int)hook.Number(Constants.NFTA_HOOK_PRIORITY),
                fields.Number(Constants.NFTA_CHAIN_POLICY))
            : null;
    }

    private void Batch(ref MessageWriter writer, int type)
    {
        writer.Begin(type, Constants.NLM_F_REQUEST, _conversation.NextSequence());
        writer.Write(new NfGenMsg(0, Constants.NFNL_SUBSYS_NFTABLES));
        writer.End();
    }

    private int Write(ref MessageWriter writer, int type, int flags)
    {
        int start = writer.Length;
        writer.Begin(Message(type), Constants.NLM_F_REQUEST | flags, _conversation.NextSequence());
        Begin(ref writer, Constants.NFTA_TABLE_NAME);
        writer.End();
        return start;
    }

    private int Write(ref MessageWriter writer, NftChain chain)
    {
        int start = writer.Length;
        writer.Begin(Message(Constants.NFT_MSG_NEWCHAIN), Constants.NLM_F_REQUEST | Constants.NLM_F_CREATE, _conversation.NextSequence());
        Begin(ref writer, Constants.NFTA_CHAIN_TABLE);
        writer.NameAttribute(Constants.NFTA_CHAIN_NAME, chain.Name);
        if (chain.Hook is { } hook)
        {
            int nested = writer.BeginNested(Constants.NLA_F_NESTED | Constants.NFTA_CHAIN_HOOK);
            writer.NetworkAttribute(Constants.NFTA_HOOK_HOOKNUM, hook.Number);
            writer.NetworkAttribute(Constants.NFTA_HOOK_PRIORITY, (uint)hook.Priority);
            writer.EndNested(nested);
            writer.NameAttribute(Constants.NFTA_CHAIN_TYPE, hook.Type);
        }

        writer.End();
        return start;
    }

    private int Write(ref MessageWriter writer, string chain, NftRule rule)
    {
        int start = writer.Length;
        writer.Begin(
            Message(Constants.NFT_MSG_NEWRULE),
            Constants.NLM_F_REQUEST | Constants.NLM_F_CREATE | Constants.NLM_F_APPEND,
            _conversation.NextSequence());
        Begin(ref writer, Constants.NFTA_RULE_TABLE);
        writer.NameAttribute(Constants.NFTA_RULE_CHAIN, chain);
        int expressions = writer.BeginNested(Constants.NLA_F_NESTED | Constants.NFTA_RULE_EXPRESSIONS);
        foreach (NftExpression expression in rule.Expressions)
        {
            ExpressionCodec.Encode(ref writer, expression);
        }

        writer.EndNested(expressions);
        writer.End();
        return start;
    }

    private void Collect(uint first, uint last)
    {
        NetlinkException? refusal = null;
        while (true)
        {
            MessageReader reader = _conversation.Receive();
            while (reader.Next())
            {
                if (reader.Header.Type != Constants.NLMSG_ERROR || reader.Header.Sequence - first > last - first)
                {
                    continue;
                }

                if (reader.Errno != 0)
                {
                    refusal ??= new NetlinkException("nf_tables", reader.Errno, reader.Words);
                }

                // A transaction that cannot begin, or be made final, is answered once, for its first message.
                if (reader.Header.Sequence == last || (reader.Errno != 0 && reader.Header.Sequence == first))
                {
                    if (refusal is not null)
                    {
                        throw refusal;
                    }

                    return;
                }
            }
        }
    }
}
