using CniSrcRoute.Firewall;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Nftables;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Reads and writes our nftables table. Without nft(8): a container of the one binary has none.</summary>
public sealed class NftNetlink
{
    private readonly Conversation _conversation;
    private readonly NftTransaction _transaction;

    /// <summary>Makes use of a transport.</summary>
    /// <param name="transport">Carries the datagrams, of NETLINK_NETFILTER; not disposed here.</param>
    public NftNetlink(ITransport transport)
    {
        _conversation = new Conversation(transport);
        _transaction = new NftTransaction(_conversation);
    }

    /// <summary>Reads our table.</summary>
    /// <returns>The table; null when there is none.</returns>
    /// <exception cref="NetlinkException">The kernel refused: EPERM without CAP_NET_ADMIN, EINVAL or EOPNOTSUPP without nf_tables.</exception>
    public NftTable? Read()
    {
        ReadOnlySpan<byte> table = _conversation.Ask(
            NftWriting.MessageType(Constants.NFT_MSG_GETTABLE), (ref MessageWriter writer) => writer.OurTable(Constants.NFTA_TABLE_NAME), out int errno);
        if (errno == ENOENT)
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
        List<NftChain> pieces = ListRules(chain: "");
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

        List<NftSet> sets = ReadSets();
        return new NftTable(chains, objects - chains.Count - sets.Count, flags) { Sets = sets };
    }

    /// <summary>Lists the rules of others that write marks.</summary>
    /// <returns>The rules, in the kernel's order.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public List<MarkWrite> ListMarkWrites() => ListOfOthers<MarkWrite>("NFT_MSG_GETRULE", Constants.NFT_MSG_GETRULE, Constants.NFTA_RULE_TABLE, MarkWriteCodec.TryDecode);

    /// <summary>Lists the rules of others that drop all that comes to them, or what has no way back by its card.</summary>
    /// <returns>The rules, in the kernel's order.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public List<DroppingRule> ListDroppingRules() => ListOfOthers<DroppingRule>("NFT_MSG_GETRULE", Constants.NFT_MSG_GETRULE, Constants.NFTA_RULE_TABLE, DroppingRuleCodec.TryDecode);

    /// <summary>Lists the chains of others that the kernel calls.</summary>
    /// <returns>The chains, in the kernel's order.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public List<BaseChain> ListBaseChains() => ListOfOthers<BaseChain>("NFT_MSG_GETCHAIN", Constants.NFT_MSG_GETCHAIN, Constants.NFTA_CHAIN_TABLE, TryDecodeBaseChain);

    /// <summary>
    /// Lists the rules of others behind the translation of destinations that ask what UDP packets for the node are for, and those that ask of answers, ahead of
    /// their translation, which of the node's addresses they are from.
    /// </summary>
    /// <returns>The rules.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public List<DestinationRule> ListDestinationRules()
    {
        List<DestinationRule> found = [];
        foreach (IGrouping<string, BaseChain> table in ListBaseChains().GroupBy(chain => chain.Table))
        {
            found.AddRange(FilterWalk.OfTable(table, chain => $"nftables table {table.Key}, chain {chain}", new FilterTable(_conversation, table.Key).ListRules));
        }

        return found;
    }

    /// <summary>Lists the chains of others that packets come to before they are tracked.</summary>
    /// <param name="others">All chains of others that the kernel calls.</param>
    /// <returns>The chains; their rules are read when somebody asks.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IEnumerable<TrackChain> ListTrackChains(IEnumerable<BaseChain> others) =>
        others.Where(TrackChain.IsAhead).Select(chain => new TrackChain(chain, new FilterTable(_conversation, chain.Table).ListTrackRules, IsLegacy: false));

    /// <summary>Makes our table, in the place of the one there is, in one transaction: a packet meets the one or the other.</summary>
    /// <param name="table">The table; null to remove it.</param>
    /// <exception cref="NetlinkException">The kernel refused, and nothing has changed.</exception>
    public void Replace(NftTable? table) => _transaction.Replace(table is null ? null : WithCounts(table));

    /// <summary>How many replies have left by another card than their request came in by, since the table was first made.</summary>
    /// <returns>The number; null where there is no table that counts them.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public ulong? Count()
    {
        NftTable counting = new(ListRules(NftTable.Replies));
        return counting.Chains.Count == 0 ? null : counting.Counted;
    }

    /// <summary>Whether the kernel would take a rule. Nothing changes, and there is no event.</summary>
    /// <param name="rule">The rule, which names no chain and no set.</param>
    /// <returns>True when it would.</returns>
    /// <exception cref="NetlinkException">No rule could be tried.</exception>
    public bool Takes(NftRule rule) => _transaction.Takes(rule);

    private static Fields Attributes(ReadOnlySpan<byte> payload) => new(payload[Math.Min(4, payload.Length)..]);

    /// <summary>A rule, as the piece of its chain that it is.</summary>
    private static bool TryDecodeRule(ReadOnlySpan<byte> payload, out NftChain piece)
    {
        Fields fields = Attributes(payload);
        var rule = new NftRule("", ExpressionCodec.Decode(fields.Nested(Constants.NFTA_RULE_EXPRESSIONS)));
        piece = new NftChain(fields.Text(Constants.NFTA_RULE_CHAIN), null, [rule]);
        return true;
    }

    private static bool TryDecodeBaseChain(ReadOnlySpan<byte> payload, out BaseChain chain)
    {
        Fields fields = Attributes(payload);
        chain = null!;
        if (HookOf(fields) is not { } hook)
        {
            return false;
        }

        chain = new BaseChain($"{NftWriting.FamilyName(payload[0])} {fields.Text(Constants.NFTA_CHAIN_TABLE)}", fields.Text(Constants.NFTA_CHAIN_NAME), hook);
        return true;
    }

    /// <summary>Lists something of all tables but ours.</summary>
    private List<T> ListOfOthers<T>(string operation, int type, int tableAttribute, Decoder<T> decode)
    {
        return _conversation.Dump<T>(operation, NftWriting.MessageType(type), (ref MessageWriter writer) => writer.Write(new NfGenMsg(0, 0)), TryDecode);

        bool TryDecode(ReadOnlySpan<byte> payload, out T item)
        {
            item = default!;
            bool isOurs = payload.IsEmpty || (payload[0] == Constants.NFPROTO_INET && Attributes(payload).Text(tableAttribute) == NftTable.Name);
            return !isOurs && decode(payload, out item);
        }
    }

    /// <summary>The rules of a chain, or of all, each as the piece of its chain that it is.</summary>
    private List<NftChain> ListRules(string chain) => _conversation.Dump<NftChain>(
        "NFT_MSG_GETRULE",
        NftWriting.MessageType(Constants.NFT_MSG_GETRULE),
        (ref MessageWriter writer) =>
        {
            writer.OurTable(Constants.NFTA_RULE_TABLE);
            if (chain.Length > 0)
            {
                writer.NameAttribute(Constants.NFTA_RULE_CHAIN, chain);
            }
        },
        TryDecodeRule);

    /// <summary>The table with what its counters have counted so far: it takes the place of one that does the same.</summary>
    private NftTable WithCounts(NftTable table)
    {
        List<NftChain> standing = ListRules(NftTable.Replies);
        return standing.Count == 0 || table.Counted > 0 ? table : table with { Chains = [.. table.Chains.Select(chain => chain.Name == NftTable.Replies ? Counted(chain) : chain)] };

        NftChain Counted(NftChain chain) => chain with
        {
            Rules = [.. chain.Rules.Select(rule => standing.Find(one => one.Rules[0].Expressions.SequenceEqual(rule.Expressions))?.Rules[0] ?? rule)],
        };
    }

    private List<NftSet> ReadSets() => DumpOf<NftSet>(
        "NFT_MSG_GETSET",
        Constants.NFT_MSG_GETSET,
        (ref MessageWriter writer) => writer.OurTable(Constants.NFTA_SET_TABLE),
        SetCodec.TryDecode).ConvertAll(set => SetCodec.Of(set, [.. DumpOf<List<(NftElement, bool)>>(
            "NFT_MSG_GETSETELEM",
            Constants.NFT_MSG_GETSETELEM,
            (ref MessageWriter writer) =>
            {
                writer.OurTable(Constants.NFTA_SET_ELEM_LIST_TABLE);
                writer.NameAttribute(Constants.NFTA_SET_ELEM_LIST_SET, set.Name);
            },
            SetCodec.TryDecode).SelectMany(list => list)]));

    /// <summary>Lists the content of something that an event named: empty if it is gone by now.</summary>
    private List<T> DumpOf<T>(string operation, int type, Encoder encode, Decoder<T> decode)
    {
        try
        {
            return _conversation.Dump(operation, NftWriting.MessageType(type), encode, decode);
        }
        catch (NetlinkException gone) when (gone.Errno == ENOENT)
        {
            return [];
        }
    }

    private NftHook? ReadHook(string chain)
    {
        Fields fields = Attributes(_conversation.Ask(NftWriting.MessageType(Constants.NFT_MSG_GETCHAIN), (ref MessageWriter writer) =>
        {
            writer.OurTable(Constants.NFTA_CHAIN_TABLE);
            writer.NameAttribute(Constants.NFTA_CHAIN_NAME, chain);
        }, out _));
        return HookOf(fields);
    }

    private static NftHook? HookOf(Fields chain)
    {
        var hook = new Fields(chain.Nested(Constants.NFTA_CHAIN_HOOK));
        return chain.Has(Constants.NFTA_CHAIN_HOOK)
            ? new NftHook(
                chain.Text(Constants.NFTA_CHAIN_TYPE),
                hook.Number(Constants.NFTA_HOOK_HOOKNUM),
                (int)hook.Number(Constants.NFTA_HOOK_PRIORITY),
                chain.Number(Constants.NFTA_CHAIN_POLICY))
            : null;
    }
}
