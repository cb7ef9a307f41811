using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Nftables;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Writes our nftables table: everything between NFNL_MSG_BATCH_BEGIN and NFNL_MSG_BATCH_END is done, or nothing is.</summary>
/// <param name="conversation">Carries it.</param>
internal sealed class NftTransaction(Conversation conversation)
{
    /// <summary>Room for the table of some dozens of sources: a rule takes some 400 bytes.</summary>
    private const int FewTransactionBytes = 64 << 10;

    /// <summary>What a socket of ours may send at once.</summary>
    private const int MostTransactionBytes = 4 << 20;

    /// <summary>Makes our table, in the place of the one there is, in one transaction: a packet meets the one or the other.</summary>
    /// <param name="table">The table; null to remove it.</param>
    /// <exception cref="NetlinkException">The kernel refused, and nothing has changed.</exception>
    public void Replace(NftTable? table)
    {
        for (int bytes = FewTransactionBytes; ; bytes *= 4)
        {
            byte[] buffer = new byte[bytes];
            var writer = new MessageWriter(buffer);
            uint first = conversation.Sequence + 1;
            int last = Encode(ref writer, table, out uint answered);
            if (!writer.Overflowed)
            {
                // Answers come when the whole is done, or undone: refusals unasked, and of the successes the last one's.
                buffer[last + 6] |= Constants.NLM_F_ACK;
                conversation.Send(buffer.AsSpan(0, writer.Length));
                Collect(first, answered);
                return;
            }

            if (bytes >= MostTransactionBytes)
            {
                throw new NetlinkException("nf_tables", 0, "the table is longer than a transaction may be");
            }
        }
    }

    /// <summary>Whether the kernel would take a rule: asked in a transaction that cannot succeed, since its last step removes what is not there.</summary>
    /// <param name="rule">The rule.</param>
    public bool Takes(NftRule rule)
    {
        const string chain = "trial", missing = "missing";
        byte[] buffer = new byte[4096];
        var writer = new MessageWriter(buffer);
        uint first = conversation.Sequence + 1;
        Batch(ref writer, Constants.NFNL_MSG_BATCH_BEGIN);
        _ = Write(ref writer, Constants.NFT_MSG_NEWTABLE, Constants.NLM_F_CREATE);
        _ = Write(ref writer, new NftChain(chain, null, []));
        _ = Write(ref writer, chain, rule);
        writer.Begin(NftWriting.MessageType(Constants.NFT_MSG_DELCHAIN), Constants.NLM_F_REQUEST | Constants.NLM_F_ACK, conversation.NextSequence());
        writer.OurTable(Constants.NFTA_CHAIN_TABLE);
        writer.NameAttribute(Constants.NFTA_CHAIN_NAME, missing);
        writer.End();
        uint last = conversation.Sequence;
        Batch(ref writer, Constants.NFNL_MSG_BATCH_END);
        conversation.Send(buffer.AsSpan(0, writer.Length));
        return Refusals(first, last) is [var only] && only.Sequence == last;
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

            // Maps lead to chains, and rules ask maps.
            uint id = 0;
            foreach (NftSet set in table.Sets)
            {
                last = Write(ref writer, set, ++id);
            }

            foreach (NftChain chain in table.Chains)
            {
                foreach (NftRule rule in chain.Rules)
                {
                    last = Write(ref writer, chain.Name, rule);
                }
            }
        }

        answered = conversation.Sequence;
        Batch(ref writer, Constants.NFNL_MSG_BATCH_END);
        return last;
    }

    private void Batch(ref MessageWriter writer, int type)
    {
        writer.Begin(type, Constants.NLM_F_REQUEST, conversation.NextSequence());
        writer.Write(new NfGenMsg(0, Constants.NFNL_SUBSYS_NFTABLES));
        writer.End();
    }

    private int Write(ref MessageWriter writer, int type, int flags)
    {
        int start = writer.Length;
        writer.Begin(NftWriting.MessageType(type), Constants.NLM_F_REQUEST | flags, conversation.NextSequence());
        writer.OurTable(Constants.NFTA_TABLE_NAME);
        writer.End();
        return start;
    }

    private int Write(ref MessageWriter writer, NftChain chain)
    {
        int start = writer.Length;
        writer.Begin(NftWriting.MessageType(Constants.NFT_MSG_NEWCHAIN), Constants.NLM_F_REQUEST | Constants.NLM_F_CREATE, conversation.NextSequence());
        writer.OurTable(Constants.NFTA_CHAIN_TABLE);
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

    private int Write(ref MessageWriter writer, NftSet set, uint id)
    {
        int start = writer.Length;
        writer.Begin(NftWriting.MessageType(Constants.NFT_MSG_NEWSET), Constants.NLM_F_REQUEST | Constants.NLM_F_CREATE, conversation.NextSequence());
        SetCodec.Encode(ref writer, set, id);
        writer.End();
        foreach (NftElement[] elements in set.Elements.Chunk(SetCodec.MostElements))
        {
            start = writer.Length;
            writer.Begin(NftWriting.MessageType(Constants.NFT_MSG_NEWSETELEM), Constants.NLM_F_REQUEST | Constants.NLM_F_CREATE, conversation.NextSequence());
            SetCodec.Encode(ref writer, set, elements);
            writer.End();
        }

        return start;
    }

    private int Write(ref MessageWriter writer, string chain, NftRule rule)
    {
        int start = writer.Length;
        writer.Begin(
            NftWriting.MessageType(Constants.NFT_MSG_NEWRULE),
            Constants.NLM_F_REQUEST | Constants.NLM_F_CREATE | Constants.NLM_F_APPEND,
            conversation.NextSequence());
        writer.OurTable(Constants.NFTA_RULE_TABLE);
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
        if (Refusals(first, last) is [var refusal, ..])
        {
            throw refusal.Error;
        }
    }

    /// <summary>What the kernel refuses of the messages from the first to the last, which is answered in any case.</summary>
    private List<(uint Sequence, NetlinkException Error)> Refusals(uint first, uint last)
    {
        List<(uint, NetlinkException)> refusals = [];
        while (true)
        {
            MessageReader reader = conversation.Receive();
            while (reader.Next())
            {
                uint sequence = reader.Header.Sequence;
                if (reader.Header.Type != Constants.NLMSG_ERROR || sequence - first > last - first)
                {
                    continue;
                }

                if (reader.Errno != 0)
                {
                    refusals.Add((sequence, new NetlinkException("nf_tables", reader.Errno, reader.Words)));
                }

                // A transaction that cannot begin, or be made final, is answered once, for its first message.
                if (sequence == last || (reader.Errno != 0 && sequence == first))
                {
                    return refusals;
                }
            }
        }
    }
}
